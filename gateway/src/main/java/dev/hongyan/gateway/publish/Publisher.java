package dev.hongyan.gateway.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.gateway.http.RateLimits;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.tracing.Kind;
import dev.hongyan.observability.tracing.Span;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.observability.usage.Meter;
import dev.hongyan.observability.usage.Usage;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.quota.Limit;
import dev.hongyan.tenant.quota.Quotas;
import dev.hongyan.tenant.quota.Verdict;
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
  private final Quotas quotas;
  private final Usage usage;
  private final Tracing tracing;

  public Publisher(
      LogAppender log,
      DelayStore delays,
      EnvelopeWriter envelopes,
      TenantDirectory tenants,
      LongSupplier ids,
      Clock clock,
      Usage usage,
      Tracing tracing) {
    this.lives = new Lives(tenants);
    this.quotas = tenants.quotas();
    this.usage = usage;
    this.tracing = tracing;
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
   * @param priority 0 to 9, when not all of the tenant's can go
   * @return fails with RATE_LIMITED or QUOTA_EXCEEDED when the tenant may not publish it now
   */
  public Future<Published> publish(
      String tenant,
      Draft draft,
      @Nullable String idempotencyKey,
      @Nullable String traceparent,
      int priority) {
    try {
      admit(quotas.take(tenant, Limit.PUBLISH, priority, 1));
      long id = ids.getAsLong();
      long now = clock.wallMillis();
      String topic = draft.topic();
      String subject = draft.subject();
      Timing timing = draft.timing();
      long deadline =
          timing.deadlineMillis() != 0
              ? timing.deadlineMillis()
              : lives.deadlineMillis(tenant, topic, Math.max(now, timing.dueMillis()));
      Span span = tracing.begin(traceparent);
      long began = span == null ? 0 : clock.nanos();
      byte[] event =
          envelopes.write(
              new Envelope(id, tenant, null, topic, subject, now, null, null, traceparent),
              JSON.writeValueAsBytes(draft.data()),
              span);
      admit(quotas.take(tenant, Limit.PUBLISH_BYTES, priority, event.length));
      if (!timing.isLater()) {
        quotas.store(tenant, event.length);
      }
      NewMessage message =
          new NewMessage(
              tenant,
              new EntryHeader(id, topic, subject, now, deadline),
              idempotencyKey == null ? null : PUBLISHED,
              idempotencyKey,
              event);
      Future<Published> published =
          timing.isLater()
              ? later(message, timing.dueMillis())
              : log.append(message)
                  .map(
                      done ->
                          new Published(
                              id, new Cursor(done.epoch(), done.seq()), 0, done.duplicate()));
      if (span != null) {
        published.onComplete(
            done -> end(span, began, message, null), failure -> end(span, began, message, failure));
      }
      return published.onSuccess(done -> count(tenant, done, event.length));
    } catch (ProblemException e) {
      return Future.failedFuture(e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree that was read can be written
    }
  }

  private void end(Span span, long began, NewMessage message, @Nullable Throwable failure) {
    if (tracing.wants(span, failure == null)) {
      tracing.end(
          span,
          Kind.PRODUCER,
          "message publish",
          began,
          failure == null ? null : ProblemException.of(failure).code(),
          "hongyan.tenant",
          message.tenant(),
          "hongyan.topic",
          message.header().topic(),
          "hongyan.message.id",
          Long.toString(message.header().id()));
    }
  }

  private static void admit(Verdict verdict) {
    if (!verdict.passes()) {
      throw RateLimits.refusal(verdict);
    }
  }

  private void count(String tenant, Published published, int bytes) {
    if (!published.duplicate()) {
      Meter meter = usage.of(tenant);
      meter.add(Used.PUBLISHES);
      meter.add(Used.PUBLISH_BYTES, bytes);
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
