package dev.hongyan.token;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.token.TokenReply.Granted;
import io.vertx.core.Future;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of this process, readable from any thread: two map reads and a look at the clock,
 * nothing is allocated. One per process; the token verticle writes it.
 *
 * <p>Holds one entry per account that is in use and is emptied as tokens expire, so it is bounded
 * by the accounts there are.
 */
public final class TokenCache {
  private static final int KINDS = TokenKind.values().length;

  private final ConcurrentHashMap<String, ConcurrentHashMap<String, AtomicReferenceArray<Entry>>>
      tenants = new ConcurrentHashMap<>();
  private final Clock clock;

  private static final class Entry {
    final Token token;
    final Future<TokenReply> reply;
    volatile boolean used;

    Entry(Token token) {
      this.token = token;
      this.reply = Future.succeededFuture(new Granted(token));
    }
  }

  public TokenCache(Clock clock) {
    this.clock = clock;
  }

  /** The token if there is one in the first 80 % of its life, else null: then ask the service. */
  public @Nullable Token find(String tenant, String account, TokenKind kind) {
    Entry entry = fresh(tenant, account, kind);
    return entry == null ? null : entry.token;
  }

  @Nullable Future<TokenReply> reply(String tenant, String account, TokenKind kind) {
    Entry entry = fresh(tenant, account, kind);
    return entry == null ? null : entry.reply;
  }

  /** From now on this is the token; for the token verticle only. */
  public void publish(Credential of, Token token) {
    // Inside compute, so that no withdrawal throws the array away meanwhile.
    var unused =
        tenants.compute(
            of.tenant(),
            (tenant, known) -> {
              var accounts =
                  known == null
                      ? new ConcurrentHashMap<String, AtomicReferenceArray<Entry>>()
                      : known;
              accounts
                  .computeIfAbsent(of.account(), account -> new AtomicReferenceArray<>(KINDS))
                  .set(of.kind().ordinal(), new Entry(token));
              return accounts;
            });
  }

  /** From now on there is none; for the token verticle only. */
  public void withdraw(Credential of) {
    var unused =
        tenants.computeIfPresent(
            of.tenant(),
            (tenant, accounts) -> {
              var rest =
                  accounts.computeIfPresent(
                      of.account(),
                      (account, kinds) -> {
                        kinds.set(of.kind().ordinal(), null);
                        for (int i = 0; i < KINDS; i++) {
                          if (kinds.get(i) != null) {
                            return kinds;
                          }
                        }
                        return null;
                      });
              return rest == null && accounts.isEmpty() ? null : accounts;
            });
  }

  /** Whether anybody took the present token from here; for the token verticle only. */
  public boolean isUsed(Credential of) {
    Entry entry = entry(of.tenant(), of.account(), of.kind());
    return entry != null && entry.used;
  }

  private @Nullable Entry fresh(String tenant, String account, TokenKind kind) {
    Entry entry = entry(tenant, account, kind);
    if (entry == null || Token.millis(clock) >= entry.token.freshUntilMillis()) {
      return null;
    }
    if (!entry.used) {
      entry.used = true; // written once, so that readers do not fight for the cache line
    }
    return entry;
  }

  private @Nullable Entry entry(String tenant, String account, TokenKind kind) {
    var accounts = tenants.get(tenant);
    if (accounts == null) {
      return null;
    }
    var kinds = accounts.get(account);
    return kinds == null ? null : kinds.get(kind.ordinal());
  }
}
