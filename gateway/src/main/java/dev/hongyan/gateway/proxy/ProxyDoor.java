package dev.hongyan.gateway.proxy;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.access.Identity;
import dev.hongyan.gateway.http.RateLimits;
import dev.hongyan.gateway.proxy.TokenCalls.Asked;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.quota.Limit;
import dev.hongyan.tenant.quota.Verdict;
import dev.hongyan.token.TokenKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * {@code /wxapi/{tenant}/{account}/**}: WeChat's API for callers that have a key of ours and no
 * secret of WeChat's. The rest of the path and the query are WeChat's own, so an SDK works when its
 * host is changed. Refusals look like WeChat's, see {@link Refusal}.
 *
 * <p>Sits on the server's request without a router, because this is a hot path. For one event loop:
 * make one per verticle, on its context.
 */
public final class ProxyDoor implements GatewayVerticle.Door {
  /** Calls of one event loop that are under way at the same time. */
  private static final int CALLS_MAX = 10_000;

  /** What bodies that are kept may take, on one event loop. */
  private static final long KEPT_BYTES_MAX = 32L << 20;

  private final ProxyParts parts;
  private final Identity identity;
  private final ApiKeys keys;
  private final ProxyCounters counters;
  private final StandIns standIns;
  private final TokenCalls tokenCalls;
  private final UserCalls userCalls;
  private final Upstream upstream;
  private final Timers timers;
  private final Intake.Budget budget = new Intake.Budget(KEPT_BYTES_MAX);
  private int under;

  /**
   * @param identity of this event loop
   * @param keys of this event loop
   */
  public ProxyDoor(ProxyParts parts, GatewayVerticle.Loop loop, Identity identity, ApiKeys keys) {
    this.parts = parts;
    this.identity = identity;
    this.keys = keys;
    this.counters = new ProxyCounters(parts.metrics);
    this.standIns = new StandIns(parts.sealer, parts.clock);
    this.tokenCalls = new TokenCalls(parts, standIns);
    this.userCalls = new UserCalls(standIns, parts.clock);
    this.timers = loop.timers();
    this.upstream = new Upstream(parts.vertx, loop.timers(), parts.clock, parts.options);
  }

  @Override
  public boolean takes(String path) {
    return path.startsWith(ProxyPath.PREFIX);
  }

  @Override
  public void handle(HttpServerRequest http) {
    ProxyPath path = ProxyPath.parse(http.path());
    ProxyCall call =
        new ProxyCall(
            http, path == null ? new ProxyPath("", "", "", "other") : path, parts, counters);
    http.pause();
    if (path == null) {
      call.refuse(Refusal.NOT_ALLOWED, "the path is /wxapi/{tenant}/{account} and WeChat's own");
      return;
    }
    if (http.method() != HttpMethod.GET && http.method() != HttpMethod.POST) {
      call.refuse(Refusal.NOT_ALLOWED, "GET or POST is expected");
      return;
    }
    if (under >= CALLS_MAX) {
      call.refuse(Refusal.FALLBACK, "this node is full, wait");
      return;
    }
    under++;
    var unused =
        Future.succeededFuture()
            .<Void>compose(
                begun -> ApiUse.of(path.api()) == ApiUse.TOKEN ? token(call) : admitted(call))
            .onComplete(
                done -> {
                  under--;
                  if (done.failed()) {
                    call.refuse(done.cause());
                  }
                });
  }

  /** Of calls that get a stand-in: the key may be in the body. */
  private Future<Void> token(ProxyCall call) {
    Intake intake = new Intake(call.http, budget, timers);
    return intake
        .read()
        .compose(
            read -> {
              Asked asked =
                  Asked.read(call.http, intake.isRepeatable() ? intake.buffer() : Buffer.buffer());
              String key = asked.secret() == null ? bearer(call.http) : asked.secret();
              if (key == null) {
                call.refuse(Refusal.NONE_GIVEN, "secret missing: give your API key as secret");
                return Future.succeededFuture();
              }
              return identity
                  .of(call.http, key)
                  .<Void>transform(
                      caller -> {
                        if (caller.failed()) {
                          return ofWrongKey(call, caller.cause());
                        }
                        grant(call, asked, caller.result(), key);
                        return Future.succeededFuture();
                      });
            })
        .onComplete(done -> intake.release());
  }

  private static Future<Void> ofWrongKey(ProxyCall call, Throwable failure) {
    if (ProblemException.of(failure) == Problem.UNAUTHENTICATED) {
      call.refuse(Refusal.WRONG_SECRET, "invalid appsecret: give your API key as secret");
      return Future.succeededFuture();
    }
    return Future.failedFuture(failure);
  }

  private void grant(ProxyCall call, Asked asked, Caller caller, String key) {
    var unused = call.context(caller);
    Account account = call.account();
    if (!(caller instanceof Caller.TenantKey) || !caller.maySee(call.path.tenant())) {
      call.refuse(Refusal.WRONG_SECRET, "invalid appsecret: give an API key of this tenant");
    } else if (account == null) {
      call.refuse(Refusal.NOT_ALLOWED, "there is no such account");
    } else if (tokenCalls.isSound(call, asked, account)) {
      tokenCalls.answerToken(call, ApiKeys.digest(key));
    }
  }

  /** Of every other call: who it is, whether it may be, and then it goes its way. */
  private Future<Void> admitted(ProxyCall call) {
    ApiUse use = ApiUse.of(call.path.api());
    Future<? extends Caller> who = caller(call, use);
    if (who == null && use == ApiUse.USER) {
      return pass(call, use, null);
    }
    if (who == null) {
      call.refuse(Refusal.NONE_GIVEN, "access_token missing");
      return Future.succeededFuture();
    }
    return who.compose(caller -> pass(call, use, caller));
  }

  private @Nullable Future<? extends Caller> caller(ProxyCall call, ApiUse use) {
    HttpServerRequest http = call.http;
    if (http.headers().contains(HttpHeaders.AUTHORIZATION)) {
      return identity.of(http);
    }
    if (use == ApiUse.USER) {
      return null;
    }
    if (use == ApiUse.SECRET) {
      String key = RawQuery.first(http.query(), RawQuery.SECRET);
      return key == null ? null : identity.of(http, key);
    }
    String standIn = RawQuery.first(http.query(), RawQuery.ACCESS_TOKEN);
    if (standIn == null || standIn.isEmpty()) {
      return null;
    }
    String tenant = call.path.tenant();
    String digest = standIns.digestOf(tenant, call.path.account(), standIn);
    return digest == null
        ? Future.failedFuture(Problem.UNAUTHENTICATED.because("no stand-in"))
        : keys.verifyDigest(tenant, digest);
  }

  /**
   * @param caller null where none is needed
   */
  private Future<Void> pass(ProxyCall call, ApiUse use, @Nullable Caller caller) {
    ProxyPath path = call.path;
    if (caller != null) {
      var unused = call.context(caller);
    }
    if (caller != null && !caller.maySee(path.tenant())) {
      call.refuse(Refusal.UNKNOWN, "invalid access_token or key");
      return Future.succeededFuture();
    }
    Account account = call.account();
    String no = objection(account, use, caller, path);
    if (account == null || no != null) {
      call.refuse(Refusal.NOT_ALLOWED, no == null ? "there is no such account" : no);
      return Future.succeededFuture();
    }
    if (use == ApiUse.USER && !userCalls.isSound(call, account)) {
      return Future.succeededFuture();
    }
    if (use == ApiUse.TICKET) {
      tokenCalls.answerTicket(call);
      return Future.succeededFuture();
    }
    Verdict ours =
        parts
            .directory
            .quotas()
            .take(
                path.tenant(),
                Limit.WXAPI + "." + path.family(),
                RateLimits.priority(call.http.getHeader(RateLimits.PRIORITY)),
                1);
    RateLimits.tell(call.http.response(), ours);
    if (!ours.passes()) {
      call.refuse(Refusal.QUOTA, "this platform's limit for your tenant is reached, wait");
      return Future.succeededFuture();
    }
    ApiQuota quota = parts.ledger.of(path.tenant(), path.account(), path.api());
    switch (parts.ledger.admit(quota, Priority.of(call.http.getHeader(Priority.HEADER)))) {
      case HELD -> {
        call.refuse(Refusal.QUOTA, "WeChat's quota of this API is used up, it opens again later");
        return Future.succeededFuture();
      }
      case SHED -> {
        call.refuse(Refusal.QUOTA, "the rest of today's quota is kept for calls that matter more");
        return Future.succeededFuture();
      }
      case PASS -> {}
    }
    return forward(call, use, account, quota);
  }

  private static @Nullable String objection(
      @Nullable Account account, ApiUse use, @Nullable Caller caller, ProxyPath path) {
    if (account == null
        || account.kind() != Account.Kind.MP && account.kind() != Account.Kind.MINI) {
      return "there is no such account of an official account or mini program";
    }
    if (use == ApiUse.NEVER) {
      return "this call carries what is not ours to give: send it to WeChat itself";
    }
    if (!Permission.ofAccount(account, path.api())) {
      return "the account does not allow this path";
    }
    if (caller != null && !Permission.ofCaller(caller, path.tenant(), path.api())) {
      return "the key has no scope for this path";
    }
    return use == ApiUse.SECRET && account.secret() == null ? "the account has no secret" : null;
  }

  private Future<Void> forward(ProxyCall call, ApiUse use, Account account, ApiQuota quota) {
    Intake intake = new Intake(call.http, budget, timers);
    Forward forward = new Forward(call, account, parts, upstream, counters, intake, quota);
    return intake
        .read()
        .compose(
            read -> {
              if (use == ApiUse.SECRET) {
                return forward.run(null);
              }
              if (use == ApiUse.USER) {
                return forward
                    .run(null)
                    .onSuccess(done -> userCalls.answered(call.http, call.errcode));
              }
              return parts
                  .tokens
                  .get(call.path.tenant(), call.path.account(), TokenKind.ACCESS)
                  .compose(
                      reply ->
                          reply.fold(
                              granted -> forward.run(granted.value()),
                              refused -> {
                                call.refuse(refused);
                                return Future.succeededFuture();
                              }));
            })
        .onComplete(done -> intake.release());
  }

  private static @Nullable String bearer(HttpServerRequest http) {
    String header = http.getHeader(HttpHeaders.AUTHORIZATION);
    return header != null && header.regionMatches(true, 0, "bearer ", 0, 7)
        ? header.substring(7).strip()
        : null;
  }
}
