package dev.hongyan.gateway.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.router.cursor.Resume;
import java.time.Instant;
import java.util.Locale;

/**
 * The control objects that a server sends, as lines of UTF-8 JSON. Not on the path of a message.
 */
final class Lines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Lines() {}

  static ObjectNode op(String name) {
    return JsonNodeFactory.instance.objectNode().put("op", name);
  }

  static byte[] bytes(ObjectNode line) {
    try {
      return JSON.writeValueAsBytes(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of our own can always be written
    }
  }

  static byte[] error(ClientError e) {
    ObjectNode line = op("error");
    line.put("code", e.code().text);
    line.put("message", e.message());
    line.put("retry", e.code().retry.name().toLowerCase(Locale.ROOT));
    if (e.retryAfterMillis() != null) {
      line.put("retryAfterMs", e.retryAfterMillis());
    }
    if (e.sub() != null) {
      line.put("sub", e.sub());
    }
    if (e.serial() != null) {
      line.put("serial", e.serial());
    }
    return bytes(line);
  }

  static byte[] subscribed(String sub, Resume resume) {
    ObjectNode line = op("subscribed");
    line.put("sub", sub);
    line.put("verdict", resume.verdict().word());
    line.put("cursor", resume.start().toString());
    line.put("head", resume.start().epoch() + ":" + resume.head());
    if (resume.gap() != null) {
      gap(line.putObject("gap"), resume.gap());
    }
    return bytes(line);
  }

  static byte[] published(long serial, Publisher.Published done) {
    ObjectNode line = op("published").put("serial", serial);
    line.put("id", Long.toString(done.id()));
    if (done.cursor() != null) {
      line.put("cursor", done.cursor().toString());
    }
    if (done.dueMillis() > 0) {
      line.put("dueAt", Instant.ofEpochMilli(done.dueMillis()).toString());
    }
    if (done.duplicate()) {
      line.put("duplicate", true);
    }
    return bytes(line);
  }

  static byte[] gap(String sub, Resume.Gap gap) {
    ObjectNode line = op("gap");
    line.put("sub", sub);
    gap(line, gap);
    return bytes(line);
  }

  private static void gap(ObjectNode into, Resume.Gap gap) {
    into.put("from", gap.from().toString());
    into.put("to", gap.to().toString());
    into.put("reason", gap.reason());
  }
}
