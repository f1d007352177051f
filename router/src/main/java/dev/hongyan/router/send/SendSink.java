package dev.hongyan.router.send;

import dev.hongyan.observability.tracing.Kind;
import dev.hongyan.observability.tracing.Span;
import dev.hongyan.router.consume.Sink;
import dev.hongyan.router.destination.AttemptResult;
import dev.hongyan.router.destination.DestinationHealth;
import dev.hongyan.router.destination.Outcome;
import dev.hongyan.router.envelope.Traceparent;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.Account;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * WeChat's send APIs as the sink of one tenant's sends, and of the pushes that tell what became of
 * them: those are noted in the trail of the send. For the owner's event loop.
 */
final class SendSink implements Sink {
  static final int CONCURRENCY = 16;
  private static final byte[] NOTHING = {};
  private static final long STORE_AWAY_MILLIS = 5_000;

  private final String tenant;
  private final SendSinks.Parts parts;
  private final SendClient client;
  private final SendStore store;
  private final DestinationHealth health;
  private List<Runnable> waiting = new ArrayList<>();
  private int underWay;

  SendSink(String tenant, SendSinks.Parts parts, SendClient client, SendStore store) {
    this.tenant = tenant;
    this.parts = parts;
    this.client = client;
    this.store = store;
    this.health = new DestinationHealth(parts.clock(), parts.random(), "");
  }

  @Override
  public boolean isOpen(long nowMillis) {
    return underWay < CONCURRENCY && health.permits();
  }

  @Override
  public long opensAtMillis() {
    Duration wait = health.wakesIn();
    return wait == null || underWay >= CONCURRENCY
        ? Long.MAX_VALUE
        : parts.clock().wallMillis() + wait.toMillis();
  }

  @Override
  public void awaitChange(Runnable wake) {
    waiting.add(wake);
  }

  @Override
  public Future<Result> deliver(LogEntry entry, int attempt, long deadlineMillis) {
    boolean probe = health.begin();
    underWay++;
    return Future.succeededFuture(entry)
        .compose(
            e ->
                e.topic().startsWith(SendKind.TOPICS)
                    ? send(e, attempt, deadlineMillis)
                    : note(e).map(SendSink::untried))
        .transform(
            (ended, failure) -> {
              underWay--;
              SendAttempt.Ended end = failure == null ? ended : untried(storeAway());
              tell(probe, end.way());
              wake();
              return Future.succeededFuture(end.result());
            });
  }

  private static SendAttempt.Ended untried(Result result) {
    return new SendAttempt.Ended(result, SendAttempt.Way.UNTRIED);
  }

  /** Only the store makes futures fail here. */
  private Result storeAway() {
    return Result.retry(
        parts.clock().wallMillis() + STORE_AWAY_MILLIS, "the store is away", 0, 0, NOTHING);
  }

  private void tell(boolean probe, SendAttempt.Way way) {
    if (way == SendAttempt.Way.UNTRIED) {
      health.abandon(probe);
      return;
    }
    Outcome outcome = way == SendAttempt.Way.UP ? Outcome.DELIVERED : Outcome.RETRY;
    var unused = // nobody is told: the proxy's breakers say the same of the same hosts
        health.end(probe, new AttemptResult(outcome, false, 0, "", null, NOTHING, Duration.ZERO));
  }

  private Future<SendAttempt.Ended> send(LogEntry entry, int attempt, long deadlineMillis) {
    SendAttempt.Message message = read(entry);
    if (message == null) {
      return Future.succeededFuture(
          untried(Result.dead("refused", "its account is gone", 0, 0, NOTHING)));
    }
    return store
        .isTaken(tenant, message.id())
        .compose(
            taken ->
                taken
                    ? Future.succeededFuture(untried(Result.delivered(0, 0, NOTHING)))
                    : send(entry, message, attempt, deadlineMillis));
  }

  private Future<SendAttempt.Ended> send(
      LogEntry entry, SendAttempt.Message message, int attempt, long deadlineMillis) {
    Future<SendAttempt.Ended> ended =
        new SendAttempt(parts, client, store, message, attempt, deadlineMillis).run();
    Span span = parts.tracing().begin(Traceparent.in(entry.event()));
    if (span != null) {
      long began = parts.clock().nanos();
      ended.onSuccess(end -> traced(span, message, attempt, began, end.result()));
    }
    return ended;
  }

  private void traced(
      Span span, SendAttempt.Message message, int attempt, long began, Result result) {
    boolean well = result.fate() == Fate.DELIVERED;
    if (parts.tracing().wants(span, well)) {
      Account account = message.account();
      parts
          .tracing()
          .end(
              span,
              Kind.CLIENT,
              SendAttempt.product(account).topicPrefix() + "." + message.kind().text() + ".send",
              began,
              well ? null : briefly(result.error()),
              "wx.appid",
              account.appId(),
              "hongyan.tenant",
              tenant,
              "hongyan.account",
              account.id(),
              "hongyan.message.id",
              Long.toString(message.id()),
              "hongyan.attempt",
              (long) attempt);
    }
  }

  /** WeChat's own words, which come after our own, may hold anything. */
  private static String briefly(String error) {
    int words = error.indexOf(':');
    return words < 0 ? error : error.substring(0, words);
  }

  private SendAttempt.@Nullable Message read(LogEntry entry) {
    SendKind kind = SendKind.of(entry.topic().substring(SendKind.TOPICS.length()));
    try {
      JsonObject event = new JsonObject(Buffer.buffer(entry.event()));
      JsonObject data = event.getJsonObject("data", new JsonObject());
      Account account = parts.directory().find(tenant, event.getString("account", ""));
      JsonObject payload = data.getJsonObject("payload");
      String to = data.getString("to");
      return kind == null || account == null || payload == null || to == null
          ? null
          : new SendAttempt.Message(tenant, entry.header().id(), account, kind, to, payload);
    } catch (DecodeException | ClassCastException notOurs) {
      return null;
    }
  }

  /** A push that tells what became of a send. */
  private Future<Result> note(LogEntry entry) {
    Result done = Result.delivered(0, 0, NOTHING);
    JsonObject event;
    JsonObject data;
    try {
      event = new JsonObject(Buffer.buffer(entry.event()));
      data = event.getJsonObject("data", new JsonObject());
    } catch (DecodeException | ClassCastException notOurs) {
      return Future.succeededFuture(done);
    }
    String account = event.getString("account", "");
    List<Future<Long>> all = new ArrayList<>();
    for (ResultPush push : ResultPush.of(data)) {
      all.add(
          store
              .behind(tenant, account, push.msgid())
              .onSuccess(
                  id -> {
                    if (id != 0) {
                      parts.trail().heard(tenant, id, parts.name(), ResultPush.NOTE, push.status());
                    }
                  }));
    }
    return Future.join(all).map(done);
  }

  private void wake() {
    if (!waiting.isEmpty()) {
      List<Runnable> now = waiting;
      waiting = new ArrayList<>();
      now.forEach(Runnable::run);
    }
  }
}
