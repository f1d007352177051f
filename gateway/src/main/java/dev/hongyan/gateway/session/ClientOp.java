package dev.hongyan.gateway.session;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One object that a client sent. The commonest, an {@code ack} of one cursor in the form in which
 * SDKs write it, is read without building a tree.
 */
final class ClientOp {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final byte[] ACK =
      "{\"op\":\"ack\",\"sub\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CURSOR = "\",\"cursor\":\"".getBytes(StandardCharsets.US_ASCII);

  private final String op;
  private final @Nullable JsonNode fields;
  private final String sub;
  private final String cursor;

  private ClientOp(String op, @Nullable JsonNode fields, String sub, String cursor) {
    this.op = op;
    this.fields = fields;
    this.sub = sub;
    this.cursor = cursor;
  }

  /** Reads one line; null when it is not a JSON object with an {@code op}. */
  static @Nullable ClientOp parse(byte[] bytes, int from, int to) {
    ClientOp ack = plainAck(bytes, from, to);
    if (ack != null) {
      return ack;
    }
    try (JsonParser parser = JSON.createParser(bytes, from, to - from)) {
      JsonNode tree = JSON.readTree(parser);
      if (tree == null || !tree.isObject() || parser.nextToken() != null) {
        return null;
      }
      JsonNode op = tree.get("op");
      return op == null || !op.isTextual() ? null : new ClientOp(op.textValue(), tree, "", "");
    } catch (IOException e) {
      return null;
    }
  }

  private static @Nullable ClientOp plainAck(byte[] b, int from, int to) {
    if (!startsWith(b, from, to, ACK)) {
      return null;
    }
    int subFrom = from + ACK.length;
    int subTo = plainText(b, subFrom, to);
    if (subTo < 0 || !startsWith(b, subTo, to, CURSOR)) {
      return null;
    }
    int cursorFrom = subTo + CURSOR.length;
    int cursorTo = plainText(b, cursorFrom, to);
    if (cursorTo < 0 || cursorTo + 2 != to || b[cursorTo + 1] != '}') {
      return null;
    }
    return new ClientOp(
        "ack",
        null,
        new String(b, subFrom, subTo - subFrom, StandardCharsets.US_ASCII),
        new String(b, cursorFrom, cursorTo - cursorFrom, StandardCharsets.US_ASCII));
  }

  /** Where the string that begins here ends, or -1 when it is not plain ASCII. */
  private static int plainText(byte[] b, int from, int to) {
    for (int i = from; i < to; i++) {
      if (b[i] == '"') {
        return i;
      }
      if (b[i] < 0x20 || b[i] == '\\') {
        return -1;
      }
    }
    return -1;
  }

  private static boolean startsWith(byte[] b, int from, int to, byte[] what) {
    if (to - from < what.length) {
      return false;
    }
    for (int i = 0; i < what.length; i++) {
      if (b[from + i] != what[i]) {
        return false;
      }
    }
    return true;
  }

  String op() {
    return op;
  }

  /** Whether this is an ack of one cursor, so that {@link #sub} and {@link #cursor} say all. */
  boolean isPlainAck() {
    return fields == null;
  }

  String sub() {
    return sub;
  }

  String cursor() {
    return cursor;
  }

  /** The whole object; not for a plain ack. */
  JsonNode fields() {
    if (fields == null) {
      throw new IllegalStateException("a plain ack has no tree");
    }
    return fields;
  }
}
