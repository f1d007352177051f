package dev.hongyan.tenant.access;

import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import org.jspecify.annotations.Nullable;

/**
 * The key of the operator: from configuration, else made at first start and kept only as its hash.
 * Thread-safe.
 */
public final class OperatorKey {
  private static final String PREFIX = "hyo_";

  private final String hash;
  private final @Nullable Secret fresh;

  private OperatorKey(String hash, @Nullable Secret fresh) {
    this.hash = hash;
    this.fresh = fresh;
  }

  /**
   * The configured key, else the stored one, else a new one.
   *
   * @param configured the value of {@code HONGYAN_OPERATOR_KEY}, or null
   */
  public static Future<OperatorKey> open(RedisLink link, @Nullable String configured) {
    if (configured != null && !configured.isBlank()) {
      return Future.succeededFuture(new OperatorKey(Digests.sha256(configured.strip()), null));
    }
    String made = PREFIX + Digests.randomHex(32);
    String madeHash = Digests.sha256(made);
    // Whichever process is first makes the key; the others find its hash.
    return link.send(Request.cmd(Command.SETNX).arg(Keys.OPERATOR).arg(madeHash))
        .compose(
            set ->
                set != null && set.toInteger() == 1
                    ? Future.succeededFuture(new OperatorKey(madeHash, Secret.of(made)))
                    : link.send(Request.cmd(Command.GET).arg(Keys.OPERATOR))
                        .map(found -> new OperatorKey(String.valueOf(found), null)));
  }

  /** The key itself when it was made just now, to be shown once; null at every other time. */
  public @Nullable Secret justMade() {
    return fresh;
  }

  /** Whether this is the key; takes the same time for a near miss and a far one. */
  public boolean matches(String candidate) {
    return Digests.same(hash, Digests.sha256(candidate));
  }
}
