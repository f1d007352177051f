package dev.hongyan.gateway.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import io.vertx.core.Future;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Appends what tenants publish themselves. One per event loop. */
public final class Publisher {
  /**
   * Stands where a WeChat account's id stands in de-duplication keys; no account can be called so.
   */
  private static final String PUBLISHED = "_published";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final LogAppender log;
  private final EnvelopeWriter envelopes;
  private final LongSupplier ids;
  private final Clock clock;

  public Publisher(LogAppender log, EnvelopeWriter envelopes, LongSupplier ids, Clock clock) {
    this.log = log;
    this.envelopes = envelopes;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Where a published message is.
   *
   * @param id that of this attempt; when {@code duplicate}, the first attempt's id is the one that
   *     counts
   */
  public record Published(long id, Cursor cursor, boolean duplicate) {}

  /**
   * Appends a message whose fields {@link Publishing#problemWith} found good.
   *
   * @param idempotencyKey a second message with this key within a day is the same message; null for
   *     none
   */
  public Future<Published> publish(
      String tenant,
      String topic,
      @Nullable String subject,
      JsonNode data,
      @Nullable String idempotencyKey,
      @Nullable String traceparent) {
    try {
      long id = ids.getAsLong();
      long now = clock.wallMillis();
      byte[] event =
          envelopes.write(
              new Envelope(id, tenant, null, topic, subject, now, null, null, traceparent),
              JSON.writeValueAsBytes(data));
      NewMessage message =
          new NewMessage(
              tenant,
              new EntryHeader(id, topic, subject, now, 0),
              idempotencyKey == null ? null : PUBLISHED,
              idempotencyKey,
              event);
      return log.append(message)
          .map(done -> new Published(id, new Cursor(done.epoch(), done.seq()), done.duplicate()));
    } catch (ProblemException e) {
      return Future.failedFuture(e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree that was read can be written
    }
  }
}
