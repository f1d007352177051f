package dev.hongyan.gateway.access;

import com.nimbusds.jose.jwk.JWKSet;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.destination.GuardedGet;
import dev.hongyan.tenant.AccessRules;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.issuer.IssuedToken;
import dev.hongyan.tenant.issuer.Issuer;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says who holds a JWT: one of our own client tokens, or one of a tenant's own issuers. A good
 * token is remembered and found again by a look-up, as long as its issuer and its keys are the
 * same. For one event loop.
 */
public final class Tokens {
  private static final int REMEMBERED_MAX = 10_000;

  private final ClientTokens ours;
  private final Function<String, AccessRules> rules;
  private final Jwks jwks;
  private final Clock clock;
  private final Map<String, Checked> checked =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Checked> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  private record Checked(
      Issuer issuer, @Nullable JWKSet keys, @Nullable String keyId, Caller.Bearer holder) {}

  /**
   * @param rules of a tenant; the default for one that does not exist
   * @param http for keys that are behind an address; of this event loop
   */
  public Tokens(
      ClientTokens ours, Function<String, AccessRules> rules, GuardedGet http, Clock clock) {
    this(ours, rules, new Jwks(http::get, clock), clock);
  }

  Tokens(ClientTokens ours, Function<String, AccessRules> rules, Jwks jwks, Clock clock) {
    this.ours = ours;
    this.rules = rules;
    this.jwks = jwks;
    this.clock = clock;
  }

  /**
   * The holder of a token: a {@link Caller.Client} or a {@link Caller.Bearer}. Fails with
   * UNAUTHENTICATED for every token that is not good, whatever the reason, and with
   * ISSUER_UNAVAILABLE when its keys cannot be had now. Complete at once unless keys have to be
   * fetched.
   */
  public Future<Caller> check(String token) {
    Checked before = checked.get(token);
    if (before != null) {
      Future<Caller> again = again(token, before);
      if (again != null) {
        return again;
      }
    }
    if (ours.mints(token)) {
      try {
        return Future.succeededFuture(ours.verify(token));
      } catch (ProblemException refused) {
        return refused();
      }
    }
    IssuedToken issued = IssuedToken.parse(token);
    return issued == null ? refused() : check(token, issued);
  }

  /** The same for those who serve clients only, with what the token grants of topics. */
  public Future<Caller.Client> client(String token) {
    return check(token)
        .map(
            caller ->
                caller instanceof Caller.Bearer bearer
                    ? bearer.asClient()
                    : (Caller.Client) caller);
  }

  @SuppressWarnings("ReferenceEquality") // a configuration, or a set of keys, is itself or new
  private @Nullable Future<Caller> again(String token, Checked before) {
    Caller.Bearer holder = before.holder();
    Issuer issuer = rules.apply(holder.tenant()).issuers().get(holder.issuer());
    if (issuer != before.issuer() || holder.expiresAtMillis() <= clock.wallMillis()) {
      checked.remove(token);
      return null;
    }
    String url = issuer.jwksUrl();
    if (url == null) {
      return Future.succeededFuture(holder);
    }
    Future<JWKSet> keys = jwks.keys(holder.tenant(), url, before.keyId());
    if (keys.succeeded() && keys.result() == before.keys()) {
      return Future.succeededFuture(holder);
    }
    checked.remove(token);
    return null;
  }

  private Future<Caller> check(String token, IssuedToken issued) {
    for (Issuer issuer : rules.apply(issued.tenant()).issuers().values()) {
      if (issued.isOf(issuer)) {
        String url = issuer.jwksUrl();
        if (url == null) {
          return checked(token, issued, issuer, null);
        }
        return jwks.keys(issued.tenant(), url, issued.keyId())
            .transform(
                keys ->
                    keys.succeeded()
                        ? checked(token, issued, issuer, keys.result())
                        : Future.failedFuture(
                            Problem.ISSUER_UNAVAILABLE.because(
                                "The keys of the token's issuer cannot be had now")));
      }
    }
    Decoy.check(token);
    return refused();
  }

  private Future<Caller> checked(
      String token, IssuedToken issued, Issuer issuer, @Nullable JWKSet keys) {
    Caller.Bearer holder = issued.check(issuer, keys, clock.wallMillis());
    if (holder == null) {
      return refused();
    }
    checked.put(token, new Checked(issuer, keys, issued.keyId(), holder));
    return Future.succeededFuture(holder);
  }

  private static <T> Future<T> refused() {
    return Future.failedFuture(Problem.UNAUTHENTICATED.because("The key is not valid"));
  }
}
