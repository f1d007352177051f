package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.fetch.Host;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.error.ErrcodeClass;
import dev.hongyan.wechat.error.ErrcodeTable;
import io.vertx.circuitbreaker.OpenCircuitException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call to WeChat from the token to the answer: which host, with which token, and whether it is
 * sent once more. A call is repeated when it cannot have arrived, when WeChat refused its token, or
 * when doing it twice does no harm; and only if its whole body is here.
 */
final class Forward {
  private static final Duration BUSY_REST = Duration.ofMillis(150);
  private static final String CLEAR_QUOTA = "/cgi-bin/clear_quota";
  private static final String CLEAR_API_QUOTA = "/cgi-bin/openapi/quota/clear";

  private final ProxyCall call;
  private final Account account;
  private final ProxyParts parts;
  private final Upstream upstream;
  private final ProxyCounters counters;
  private final Intake intake;
  private final ApiQuota quota;
  private final boolean safe;
  private boolean renewed;
  private boolean rested;

  Forward(
      ProxyCall call,
      Account account,
      ProxyParts parts,
      Upstream upstream,
      ProxyCounters counters,
      Intake intake,
      ApiQuota quota) {
    this.call = call;
    this.account = account;
    this.parts = parts;
    this.upstream = upstream;
    this.counters = counters;
    this.intake = intake;
    this.quota = quota;
    this.safe = ApiUse.isSafeToRepeat(call.http.method() == HttpMethod.GET, call.path.api());
  }

  /**
   * Makes the call, with the account's own appid and secret, with a token or with what a user's
   * token needs, and answers it.
   *
   * @param token null for calls that take none of ours
   */
  Future<Void> run(@Nullable Token token) {
    return parts
        .breakers
        .of(call.path.tenant(), call.path.family())
        .execute(() -> onHost(token, upstream.inOrder(), 0))
        .map(
            answer -> {
              relay(answer);
              return (Void) null;
            })
        .recover(
            failure -> {
              refuse(failure);
              return Future.succeededFuture();
            });
  }

  private Future<Answer> onHost(@Nullable Token token, List<Host> order, int at) {
    Host host = order.get(at);
    Attempt attempt = new Attempt(upstream);
    counters.passedOn(call.path.tenant(), call.path.family());
    return attempt
        .run(host, uri(token), call.http, intake)
        .compose(
            answer -> {
              upstream.answered(host);
              return judge(answer, token, order, at);
            },
            failure -> {
              Trouble trouble = Trouble.of(failure);
              if (trouble.isCallersFault()) {
                return Future.failedFuture(trouble);
              }
              upstream.failed(host);
              boolean again =
                  at + 1 < order.size()
                      && !intake.isSpent()
                      && (!attempt.isSent() || safe && intake.isRepeatable())
                      && !call.isOver();
              if (!again) {
                return Future.failedFuture(trouble);
              }
              counters.retried("host");
              return onHost(token, order, at + 1);
            });
  }

  private Future<Answer> judge(Answer answer, @Nullable Token token, List<Host> order, int at) {
    if (answer.errcode() == 0) {
      return Future.succeededFuture(answer);
    }
    ErrcodeClass what =
        token == null
            ? ErrcodeTable.standard().classifyTokenCall(product(), answer.errcode())
            : ErrcodeTable.standard().classify(product(), answer.errcode());
    counters.error(what);
    switch (what) {
      case TOKEN_STALE -> {
        return token == null || renewed
            ? Future.succeededFuture(answer)
            : renew(answer, token, order, at);
      }
      case BUSY -> {
        return safe && intake.isRepeatable() && !rested && !call.isOver()
            ? restAndRepeat(token, order, at)
            : Future.failedFuture(Trouble.busy(answer));
      }
      case QUOTA_DAY -> parts.ledger.dayIsUsedUp(quota);
      case RATE_WINDOW -> parts.ledger.minuteIsUsedUp(quota);
      default -> {}
    }
    return Future.succeededFuture(answer);
  }

  /**
   * The token is dropped if it still is the current one, and the call made once more with the next
   * one. A body that went through is gone: then the caller gets WeChat's answer, and its own next
   * try has the new token.
   */
  private Future<Answer> renew(Answer answer, Token token, List<Host> order, int at) {
    renewed = true;
    return parts
        .tokens
        .invalidate(call.path.tenant(), call.path.account(), TokenKind.ACCESS, token.generation())
        .compose(
            reply ->
                reply.fold(
                    granted -> {
                      if (!intake.isRepeatable() || call.isOver()) {
                        return Future.succeededFuture(answer);
                      }
                      counters.retried("token");
                      return onHost(granted.value(), order, at);
                    },
                    refused -> Future.succeededFuture(answer)),
            failure -> Future.succeededFuture(answer));
  }

  private Future<Answer> restAndRepeat(@Nullable Token token, List<Host> order, int at) {
    rested = true;
    counters.retried("busy");
    Promise<Void> rest = Promise.promise();
    Timers.Cancellable unused = upstream.timers().after(BUSY_REST, rest::complete);
    return rest.future().compose(done -> onHost(token, order, at));
  }

  private String uri(@Nullable Token token) {
    String query = call.http.query();
    if (token != null) {
      return RawQuery.outgoing(
          call.path.api(),
          query,
          RawQuery.ACCESS_TOKEN + "=" + RawQuery.encoded(token.value().reveal()),
          false);
    }
    if (ApiUse.of(call.path.api()) == ApiUse.USER) {
      return RawQuery.ofUser(call.path.api(), query);
    }
    Secret secret = account.secret();
    return RawQuery.outgoing(
        call.path.api(),
        query,
        RawQuery.APPID
            + "="
            + RawQuery.encoded(account.appId())
            + "&"
            + RawQuery.SECRET
            + "="
            + RawQuery.encoded(secret == null ? "" : secret.reveal()),
        true);
  }

  private void relay(Answer answer) {
    String api = call.path.api();
    if (answer.errcode() == 0
        && answer.whole()
        && (api.equals(CLEAR_QUOTA) || api.equals(CLEAR_API_QUOTA))) {
      parts.ledger.cleared(call.path.tenant(), call.path.account());
    }
    call.errcode = answer.errcode();
    call.answered();
    answer.relay(call.http);
  }

  private void refuse(Throwable failure) {
    if (failure instanceof OpenCircuitException) {
      call.refuse(Refusal.FALLBACK, "WeChat does not answer calls like this one at present, wait");
      return;
    }
    Trouble trouble = Trouble.of(failure);
    Answer said = trouble.answer();
    if (said != null) {
      relay(said);
    } else {
      call.refuse(
          Refusal.UNREACHABLE,
          "WeChat " + trouble.getMessage() + (safe ? "" : "; whether it acted is not known"));
    }
  }

  private Product product() {
    return account.kind() == Account.Kind.MINI ? Product.MINI : Product.MP;
  }
}
