package dev.hongyan.router.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.NewMessage;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * The handler {@code republish}: the message's data and subject under another topic of the tenant's
 * own. Once for each message, however often it is tried.
 */
final class Republish implements Handler {
  private static final String SEEN_AS = "_republish";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String route;
  private final String topic;
  private final Tools tools;

  /** What republishing takes. */
  record Tools(LogAppender log, EnvelopeWriter envelopes, LongSupplier ids, Clock clock) {}

  Republish(String route, String topic, Tools tools) {
    this.route = route;
    this.topic = topic;
    this.tools = tools;
  }

  @Override
  public Future<byte[]> handle(LogEntry entry) {
    long id = tools.ids.getAsLong();
    long now = tools.clock.wallMillis();
    String subject = entry.header().subject();
    try {
      JsonNode event = JSON.readTree(entry.event());
      JsonNode trace = event.get("traceparent");
      byte[] made =
          tools.envelopes.write(
              new Envelope(
                  id,
                  entry.tenant(),
                  null,
                  topic,
                  subject,
                  now,
                  null,
                  null,
                  trace == null ? null : trace.textValue()),
              JSON.writeValueAsBytes(event.path("data")));
      return tools
          .log
          .append(
              new NewMessage(
                  entry.tenant(),
                  new EntryHeader(id, topic, subject, now, entry.header().deadlineMillis()),
                  SEEN_AS,
                  route + "." + entry.header().id(),
                  made))
          .map(NOTHING);
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
  }
}
