package dev.hongyan.router.send;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.Appended;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogReader;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.router.trail.Trail;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes sends into tenants' logs and tells what became of them. Whoever takes one may forget it:
 * the tenant's owner carries it out. For one event loop.
 */
public final class Sends {
  private static final Logger LOG = LoggerFactory.getLogger(Sends.class);

  /** Stands where an account stands in de-duplication keys; no account can be called so. */
  private static final String SEEN_AS = "_sends";

  /** Tells the keys of delayed sends from those of other delayed messages. */
  private static final String DELAYED = "send-";

  private static final int OPENID_CHARS_MAX = 128;
  private static final int PAYLOAD_BYTES_MAX = 64 * 1024;

  private final Parts parts;
  private final SendStore store;

  /**
   * What it works with, all of this event loop.
   *
   * @param ids Snowflake ids of the node
   * @param opening gives a tenant the consumer of sends; asked before each send, so it must be
   *     quick when there is nothing to do
   */
  public record Parts(
      TenantDirectory directory,
      RedisLink link,
      LogAppender log,
      LogReader reader,
      DelayStore delays,
      Trail trail,
      EnvelopeWriter envelopes,
      LongSupplier ids,
      Clock clock,
      Opening opening) {}

  /** Makes sure that a tenant has the consumer that carries its sends out. */
  public interface Opening {
    Future<Void> open(String tenant);
  }

  /**
   * Something to be sent.
   *
   * @param account our id of the account that sends
   * @param openid who gets it
   * @param payload WeChat's own fields for that API, without {@code touser}; not to be changed
   *     afterwards
   * @param dueMillis when, ms since 1970; 0 for at once
   * @param deadlineMillis after this it is useless; 0 for never
   * @param dedupeKey a second send of the tenant with this key within a day is the same send, if
   *     both are delayed or neither is; at most 128 visible characters; null for none
   * @param traceparent of the request that asked for it; null for a new trace
   */
  public record Order(
      String tenant,
      String account,
      SendKind kind,
      String openid,
      JsonObject payload,
      long dueMillis,
      long deadlineMillis,
      @Nullable String dedupeKey,
      @Nullable String traceparent) {

    /** Leaves out who gets what. */
    @Override
    public String toString() {
      return tenant + "/" + account + " " + kind.text();
    }
  }

  /**
   * A send that is in the log, or waits to be put there.
   *
   * @param id when {@code duplicate}, of the first one; 0 if that is not in the log any more
   * @param dueMillis 0 for at once
   */
  public record Taken(long id, long dueMillis, boolean duplicate) {}

  public Sends(Parts parts) {
    this.parts = parts;
    this.store = new SendStore(parts.link());
  }

  /**
   * Takes a send; durable when the Future succeeds. Fails with VALIDATION (all bad fields at once),
   * with NOT_FOUND for an unknown tenant, and as {@link LogAppender#append} and {@link
   * DelayStore#add} do.
   */
  public Future<Taken> append(Order order) {
    List<FieldError> errors = problemsWith(order);
    if (!errors.isEmpty()) {
      return Future.failedFuture(
          new ProblemException(Problem.VALIDATION, "This cannot be sent", errors));
    }
    return parts.opening().open(order.tenant()).compose(open -> put(order));
  }

  private Future<Taken> put(Order order) {
    long id = parts.ids().getAsLong();
    long now = parts.clock().wallMillis();
    NewMessage message = message(order, id, now);
    Future<Taken> put =
        order.dueMillis() == 0
            ? parts.log().append(message).compose(done -> appended(order, id, done))
            : parts
                .delays()
                .add(message, order.dueMillis())
                .map(done -> new Taken(done.id(), order.dueMillis(), done.duplicate()));
    return put.compose(
        taken ->
            taken.duplicate()
                ? Future.succeededFuture(taken)
                : store
                    .asked(order.tenant(), id, request(order, now), order.dueMillis() - now)
                    .otherwise(
                        failure -> {
                          // It will be sent: that it cannot be looked at must not look like a no.
                          LOG.warn("a send was taken and is not listed: {}", failure.getMessage());
                          return null;
                        })
                    .map(listed -> taken));
  }

  private Future<Taken> appended(Order order, long id, Appended done) {
    if (!done.duplicate()) {
      return Future.succeededFuture(new Taken(id, 0, false));
    }
    return parts
        .reader()
        .read(order.tenant(), done.epoch(), done.seq(), 1)
        .map(
            found ->
                new Taken(
                    !found.isEmpty() && found.get(0).seq() == done.seq()
                        ? found.get(0).header().id()
                        : 0,
                    0,
                    true));
  }

  private NewMessage message(Order order, long id, long now) {
    Account account = parts.directory().find(order.tenant(), order.account());
    JsonObject data =
        new JsonObject()
            .put("kind", order.kind().text())
            .put("to", order.openid())
            .put("payload", order.payload());
    // By way of a String: encoded straight to bytes, characters beyond the first plane would come
    // out as \\u escapes, which WeChat shows as they are.
    byte[] event =
        parts
            .envelopes()
            .write(
                new Envelope(
                    id,
                    order.tenant(),
                    order.account(),
                    order.kind().topic(),
                    order.openid(),
                    now,
                    account == null ? null : account.appId(),
                    null,
                    order.traceparent()),
                data.encode().getBytes(StandardCharsets.UTF_8));
    String key = order.dedupeKey();
    return new NewMessage(
        order.tenant(),
        new EntryHeader(id, order.kind().topic(), order.openid(), now, order.deadlineMillis()),
        key == null ? null : SEEN_AS,
        key == null ? null : order.dueMillis() == 0 ? key : DELAYED + key,
        event);
  }

  private static JsonObject request(Order order, long now) {
    JsonObject request =
        new JsonObject()
            .put("kind", order.kind().text())
            .put("account", order.account())
            .put("to", order.openid())
            .put("payload", order.payload())
            .put("acceptedAt", Instant.ofEpochMilli(now).toString());
    if (order.dueMillis() != 0) {
      request.put("dueAt", Instant.ofEpochMilli(order.dueMillis()).toString());
    }
    if (order.deadlineMillis() != 0) {
      request.put("expiresAt", Instant.ofEpochMilli(order.deadlineMillis()).toString());
    }
    return request;
  }

  private List<FieldError> problemsWith(Order order) {
    List<FieldError> errors = new ArrayList<>();
    Account account = parts.directory().find(order.tenant(), order.account());
    if (account == null) {
      errors.add(new FieldError("account", "there is no such account"));
    } else if (!order.kind().isFor(account.kind())) {
      errors.add(
          new FieldError(
              "kind",
              order.kind().text() + " is not for accounts of kind " + account.kind().text()));
    }
    if (order.openid().isEmpty()
        || order.openid().length() > OPENID_CHARS_MAX
        || !order.openid().chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      errors.add(new FieldError("to", "must be an openid"));
    }
    JsonObject payload = order.payload();
    if (payload.containsKey("touser")) {
      errors.add(new FieldError("payload.touser", "is given as to"));
    }
    String needed = order.kind().needed();
    if (!(payload.getValue(needed) instanceof String text) || text.isEmpty()) {
      errors.add(new FieldError("payload." + needed, "is required"));
    }
    if (payload.encode().length() > PAYLOAD_BYTES_MAX) {
      errors.add(new FieldError("payload", "must be at most " + PAYLOAD_BYTES_MAX + " characters"));
    }
    long due = order.dueMillis();
    if (due > parts.clock().wallMillis() + DelayStore.DELAY_MAX.toMillis()) {
      errors.add(new FieldError("at", "must be within " + DelayStore.DELAY_MAX.toDays() + " days"));
    }
    if (order.deadlineMillis() != 0 && order.deadlineMillis() <= due) {
      errors.add(new FieldError("ttlMs", "ends before it is due"));
    }
    return errors;
  }

  /**
   * What became of a send of the last three days; null when there is none of that id. What happened
   * in the last tenth of a second may be missing.
   */
  public Future<@Nullable SendView> read(String tenant, long id) {
    return store
        .read(tenant, id)
        .compose(
            kept -> {
              JsonObject request = kept == null ? null : kept.request();
              return kept == null || request == null
                  ? Future.succeededFuture(null)
                  : parts
                      .trail()
                      .read(tenant, id)
                      .map(notes -> SendView.of(request, kept.msgid(), notes));
            });
  }
}
