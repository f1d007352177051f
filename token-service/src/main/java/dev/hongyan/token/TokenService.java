package dev.hongyan.token;

import dev.hongyan.observability.bus.Address;
import dev.hongyan.observability.bus.Bus;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import io.vertx.core.Future;

/**
 * Tokens for everybody in this process. Any thread may call; answers from memory come at once and
 * without a hop, others on the context of the caller. Futures fail with {@code OWNER_MOVED} when no
 * token verticle is deployed and with {@code TIMEOUT} after 5 s; what WeChat or the store says no
 * to is a {@link TokenReply.Refused}.
 */
public final class TokenService {
  /** Where the token verticle listens. */
  public static final Address<Query, TokenReply> ADDRESS =
      new Address<>("token.keeper", Query.class, TokenReply.class);

  private final TokenCache cache;
  private final Bus bus;
  private final Tally fromMemory;

  /** What is asked. */
  public enum Op {
    GET,
    INVALIDATE,
    RENEW
  }

  /**
   * A question to the token verticle.
   *
   * @param generation of the refused token; 0 where the question is another one
   */
  public record Query(Op op, Credential of, long generation) {}

  public TokenService(TokenCache cache, Bus bus, Metrics metrics) {
    this.cache = cache;
    this.bus = bus;
    this.fromMemory = metrics.tally(Series.TOKENS_SERVED, "memory");
  }

  /** The token to use now. */
  public Future<TokenReply> get(String tenant, String account, TokenKind kind) {
    Future<TokenReply> hit = cache.reply(tenant, account, kind);
    if (hit != null) {
      fromMemory.add();
      return hit;
    }
    return ask(Op.GET, tenant, account, kind, 0);
  }

  /**
   * Says that WeChat refused the token of that generation (40001, 40014 or 42001 on a business
   * call), and gives the one to try once more with. Whoever comes late gets the token that replaced
   * it already. When the replacement is refused too, within 30 s, it is kept and this is refused:
   * do not try again then.
   */
  public Future<TokenReply> invalidate(
      String tenant, String account, TokenKind kind, long generation) {
    return ask(Op.INVALIDATE, tenant, account, kind, generation);
  }

  /**
   * Gets a new token and lets WeChat void the present one at once, for one that leaked, and tries
   * again where trying had stopped. WeChat allows 20 a day per account, 30 s apart; more are
   * refused with {@code RATE_LIMITED}. Other users of the same appid feel it.
   */
  public Future<TokenReply> renew(String tenant, String account, TokenKind kind) {
    return ask(Op.RENEW, tenant, account, kind, 0);
  }

  private Future<TokenReply> ask(
      Op op, String tenant, String account, TokenKind kind, long generation) {
    return bus.ask(ADDRESS, new Query(op, new Credential(tenant, account, kind), generation));
  }
}
