package dev.hongyan.router.send;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.Sink.Result;
import dev.hongyan.router.destination.AttemptResult;
import dev.hongyan.router.destination.Outcome;
import dev.hongyan.router.destination.RetrySchedule;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenReply;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.error.ErrcodeClass;
import dev.hongyan.wechat.error.ErrcodeTable;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to have WeChat take one message: the token, the call, once more with another token
 * when it was refused, and what the errcode asks for.
 */
final class SendAttempt {
  /** The field by which WeChat knows a template message that comes twice, for 10 minutes. */
  private static final String CLIENT_MSG_ID = "client_msg_id";

  /** Attempts after which even waiting for a quota ends. */
  private static final int HOLDS_MAX = 40;

  private static final long SPREAD_MILLIS = 10_000;
  private static final int ERROR_CHARS_MAX = 200;
  private static final byte[] NOTHING = {};

  private final SendSinks.Parts parts;
  private final SendClient client;
  private final SendStore store;
  private final Message message;
  private final int attempt;
  private final long deadlineMillis;
  private final long began;
  private final byte[] body;
  private boolean renewed;

  /**
   * What is to be sent.
   *
   * @param id of the message in the log
   */
  record Message(
      String tenant, long id, Account account, SendKind kind, String openid, JsonObject payload) {
    @Override
    public String toString() {
      return tenant + "/" + account.id() + " " + id;
    }
  }

  /** What the attempt tells about the way to WeChat. */
  enum Way {
    /** WeChat answered. */
    UP,
    /** It did not, or was busy. */
    DOWN,
    /** It was not asked. */
    UNTRIED
  }

  /** The end. */
  record Ended(Result result, Way way) {}

  SendAttempt(
      SendSinks.Parts parts,
      SendClient client,
      SendStore store,
      Message message,
      int attempt,
      long deadlineMillis) {
    this.parts = parts;
    this.client = client;
    this.store = store;
    this.message = message;
    this.attempt = attempt;
    this.deadlineMillis = deadlineMillis;
    this.began = parts.clock().nanos();
    JsonObject json = new JsonObject().put("touser", message.openid());
    message.payload().forEach(field -> json.put(field.getKey(), field.getValue()));
    json.put("touser", message.openid());
    if (message.kind().isSafeToRepeat() && !json.containsKey(CLIENT_MSG_ID)) {
      json.put(CLIENT_MSG_ID, Long.toString(message.id()));
    }
    // By way of a String, so that no character is escaped: WeChat shows escapes as they are.
    this.body = json.encode().getBytes(StandardCharsets.UTF_8);
  }

  Future<Ended> run() {
    long opens =
        parts.api().quota().admit(message.tenant(), message.account().id(), message.kind().path());
    if (opens > 0) {
      return Future.succeededFuture(
          new Ended(hold(opens, "its quota is used up", 0, NOTHING), Way.UNTRIED));
    }
    return parts
        .api()
        .tokens()
        .get(message.tenant(), message.account().id(), TokenKind.ACCESS)
        .compose(this::withToken)
        .recover(
            failure -> Future.succeededFuture(noToken(String.valueOf(failure.getMessage()), 0)));
  }

  private Future<Ended> withToken(TokenReply reply) {
    return reply.fold(
        granted -> post(granted.value()),
        refused -> Future.succeededFuture(noToken(refused.detail(), refused.retryAfterMillis())));
  }

  private Ended noToken(String why, long waitMillis) {
    Duration wait = waitMillis > 0 ? Duration.ofMillis(waitMillis) : null;
    return new Ended(
        later(Outcome.RETRY_SLOWLY, wait, "no token: " + why, 0, NOTHING), Way.UNTRIED);
  }

  private Future<Ended> post(Token token) {
    return client
        .post(message.kind().path(), token, body, message.kind().isSafeToRepeat())
        .compose(verdict -> judge(verdict, token));
  }

  private Future<Ended> judge(SendClient.Verdict verdict, Token token) {
    JsonObject json = verdict.json();
    if (json == null) {
      return down(Outcome.RETRY, "WeChat " + verdict.trouble(), verdict.status(), NOTHING);
    }
    int errcode = errcode(json);
    ErrcodeClass found = ErrcodeTable.standard().classify(product(message.account()), errcode);
    String error = "errcode " + errcode + ": " + masked(json.getString("errmsg", ""), token);
    byte[] answer = masked(json.encode(), token).getBytes(StandardCharsets.UTF_8);
    int status = verdict.status();
    return switch (found) {
      case OK, DUPLICATE -> taken(json, status, answer);
      case TOKEN_STALE -> stale(token, error, status, answer);
      case BUSY -> down(Outcome.RETRY, error, status, answer);
      case RATE_WINDOW, QUOTA_DAY -> {
        long opens =
            parts
                .api()
                .quota()
                .usedUp(
                    message.tenant(),
                    message.account().id(),
                    message.kind().path(),
                    found == ErrcodeClass.QUOTA_DAY);
        yield up(hold(opens, error, status, answer));
      }
      // Somebody has to change a setting, and may do so before the attempts are used up.
      case CREDENTIAL, IP_DENIED, IP_CONFIRM, REAUTH, TICKET, SUITE_TOKEN_STALE ->
          up(later(Outcome.RETRY_SLOWLY, null, error, status, answer));
      case PERMISSION, RECIPIENT, CONTENT, PROTOCOL ->
          up(Result.dead("refused", error, status, tookMillis(), answer));
    };
  }

  private Future<Ended> taken(JsonObject json, int status, byte[] answer) {
    Object msgid = json.getValue("msgid");
    Ended sent = new Ended(Result.delivered(status, tookMillis(), answer), Way.UP);
    return store
        .taken(
            message.tenant(),
            message.account().id(),
            message.id(),
            msgid == null ? "" : msgid.toString())
        // WeChat has it: nothing that fails here may send it again.
        .map(sent)
        .otherwise(sent);
  }

  private Future<Ended> stale(Token token, String error, int status, byte[] answer) {
    Ended again = new Ended(later(Outcome.RETRY, null, error, status, answer), Way.UP);
    if (renewed) {
      return Future.succeededFuture(again);
    }
    renewed = true;
    return parts
        .api()
        .tokens()
        .invalidate(message.tenant(), message.account().id(), TokenKind.ACCESS, token.generation())
        .compose(
            reply ->
                reply.fold(
                    granted -> post(granted.value()), refused -> Future.succeededFuture(again)),
            failure -> Future.succeededFuture(again));
  }

  private Future<Ended> up(Result result) {
    return Future.succeededFuture(new Ended(result, Way.UP));
  }

  private Future<Ended> down(Outcome outcome, String error, int status, byte[] answer) {
    return Future.succeededFuture(new Ended(later(outcome, null, error, status, answer), Way.DOWN));
  }

  /** By the schedule that destinations have. */
  private Result later(
      Outcome outcome, @Nullable Duration wait, String error, int status, byte[] answer) {
    Clock clock = parts.clock();
    long now = clock.wallMillis();
    AttemptResult result =
        new AttemptResult(outcome, false, status, error, wait, NOTHING, Duration.ZERO);
    RetrySchedule.Next next =
        RetrySchedule.next(
            Destination.DEFAULT_RETRY, attempt, result, now, deadlineMillis, parts.random());
    if (next instanceof RetrySchedule.After after) {
      return Result.retry(now + after.delay().toMillis(), error, status, tookMillis(), answer);
    }
    return next instanceof RetrySchedule.WornOut
        ? Result.dead("worn-out", error, status, tookMillis(), answer)
        : Result.expired(error, status, tookMillis(), answer);
  }

  /** When the quota opens again, a little apart from the others. */
  private Result hold(long opensMillis, String error, int status, byte[] answer) {
    long now = parts.clock().wallMillis();
    long spread = Math.min(SPREAD_MILLIS, Math.max(1, (opensMillis - now) / 10));
    long at = Math.max(now, opensMillis) + spread(parts.random(), spread);
    if (deadlineMillis != 0 && at >= deadlineMillis) {
      return Result.expired(error, status, tookMillis(), answer);
    }
    return attempt >= HOLDS_MAX
        ? Result.dead("worn-out", error, status, tookMillis(), answer)
        : Result.retry(at, error, status, tookMillis(), answer);
  }

  private static long spread(RandomGenerator random, long bound) {
    return random.nextLong(bound);
  }

  static Product product(Account account) {
    return account.kind() == Account.Kind.MINI ? Product.MINI : Product.MP;
  }

  private long tookMillis() {
    return (parts.clock().nanos() - began) / 1_000_000;
  }

  /** Some APIs put the number into quotes. */
  private static int errcode(JsonObject json) {
    Object value = json.getValue("errcode");
    if (value instanceof Number number) {
      return number.intValue();
    }
    try {
      return value == null ? 0 : Integer.parseInt(value.toString());
    } catch (NumberFormatException notANumber) {
      return -1; // whatever it means, it is not success
    }
  }

  private String masked(String text, Token token) {
    String clean = text.replace(token.value().reveal(), "***").replace(message.openid(), "***");
    return clean.length() <= ERROR_CHARS_MAX ? clean : clean.substring(0, ERROR_CHARS_MAX) + "…";
  }
}
