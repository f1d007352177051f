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
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.tenant.TenantDirectory;
import io.vertx.core.Future;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Takes what tenants publish themselves, for now or for later. One per event loop. */
public final class Publisher {
  /**
   * Stands where a WeChat account's id stands in de-duplication keys; no account can be called so.
   */
  private static final String PUBLISHED = "_published";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final LogAppender log;
  private final DelayStore delays;
  private final EnvelopeWriter envelopes;
  private final Lives lives;
  private final LongSupplier ids;
  private final Clock clock;

  public Publisher(
      LogAppender log,
      DelayStore delays,
      EnvelopeWriter envelopes,
      TenantDirectory tenants,
      LongSupplier ids,
      Clock clock) {
    this.lives = new Lives(tenants);
    this.log = log;
    this.delays = delays;
    this.envelopes = envelopes;
    this.ids = ids;
    this.clock = clock;
  }

  /** A message whose fields {@link Publishing#problemWith} found good. */
  public record Draft(String topic, @Nullable String subject, JsonNode data, Timing timing) {}

  /**
   * Where a published message is: in the log, or waiting for its time.
   *
   * @param id that of this attempt; when {@code duplicate} and in the log, the first attempt's id
   *     is the one that counts
   * @param cursor its place in the log; null when it waits, or waited
   * @param dueMillis when it goes into the log, ms since 1970; 0 when it is there, or when this is
   *     a repeat of one that is
   */
  public record Published(long id, @Nullable Cursor cursor, long dueMillis, boolean duplicate) {}

  /**
   * Publishes; durable when the Future succeeds.
   *
   * @param idempotencyKey a second message with this key within a day is the same message; null for
   *     none. One for later and one for now are never the same
   */
  public Future<Published> publish(
      String tenant, Draft draft, @Nullable String idempotencyKey, @Nullable String traceparent) {
    try {
      long id = ids.getAsLong();
      long now = clock.wallMillis();
      String topic = draft.topic();
      String subject = draft.subject();
      Timing timing = draft.timing();
      long deadline =
          timing.deadlineMillis() != 0
              ? timing.deadlineMillis()
              : lives.deadlineMillis(tenant, topic, Math.max(now, timing.dueMillis()));
      byte[] event =
          envelopes.write(
              new Envelope(id, tenant, null, topic, subject, now, null, null, traceparent),
              JSON.writeValueAsBytes(draft.data()));
      NewMessage message =
          new NewMessage(
              tenant,
              new EntryHeader(id, topic, subject, now, deadline),
              idempotencyKey == null ? null : PUBLISHED,
              idempotencyKey,
              event);
      return timing.isLater()
          ? later(message, timing.dueMillis())
          : log.append(message)
              .map(
                  done ->
                      new Published(id, new Cursor(done.epoch(), done.seq()), 0, done.duplicate()));
    } catch (ProblemException e) {
      return Future.failedFuture(e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree that was read can be written
    }
  }

  private Future<Published> later(NewMessage message, long dueMillis) {
    return delays
        .add(message, dueMillis)
        .compose(
            kept ->
                kept.duplicate()
                    ? delays
                        .dueOf(message.tenant(), kept.id())
                        .map(first -> new Published(kept.id(), null, Math.max(0, first), true))
                    : Future.succeededFuture(new Published(kept.id(), null, dueMillis, false)));
  }
}
