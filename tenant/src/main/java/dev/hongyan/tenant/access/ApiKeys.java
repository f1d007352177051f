package dev.hongyan.tenant.access;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * API keys of tenants: {@code hyk_<tenant>_<64 hex digits>}, kept only as SHA-256. The tenant's
 * name in the key says where to look; the rest is 256 random bits. A key that ends, ends on this
 * process at once and on others when they hear of it, within a second in any case. Use on the
 * context of its link.
 */
public final class ApiKeys {
  /** The longest time for which a rotated key's former secret still works. */
  public static final Duration OVERLAP_MAX = Duration.ofDays(30);

  static final String SECTION = "keys";
  static final String USES = "key-uses";

  private static final String PREFIX = "hyk_";
  private static final int KEYS_MAX = 200;

  private static final Script MAKE =
      Script.of(
          "key-make",
          """
          if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
            return 0
          end
          redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
          return 1
          """);

  /**
   * Takes the present secret's place unless that is another one by now. ARGV: new digest, new text,
   * old digest, old text as it was, old text as it is to be (empty: it goes), digests that go.
   */
  private static final Script ROTATE =
      Script.of(
          "key-rotate",
          """
          if redis.call('HGET', KEYS[1], ARGV[3]) ~= ARGV[4] then
            return 0
          end
          for i = 6, #ARGV do
            redis.call('HDEL', KEYS[1], ARGV[i])
            redis.call('HDEL', KEYS[2], ARGV[i])
          end
          if ARGV[5] == '' then
            redis.call('HDEL', KEYS[1], ARGV[3])
            redis.call('HDEL', KEYS[2], ARGV[3])
          else
            redis.call('HSET', KEYS[1], ARGV[3], ARGV[5])
          end
          redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
          return 1
          """);

  private final RedisLink link;
  private final Clock clock;
  private final KeyLedger ledger;

  /** With a ledger of its own. */
  public ApiKeys(RedisLink link, Clock clock) {
    this(link, clock, new KeyLedger(clock));
  }

  public ApiKeys(RedisLink link, Clock clock, KeyLedger ledger) {
    this.link = link;
    this.clock = clock;
    this.ledger = ledger;
  }

  /**
   * A key, without the key. Times are epoch milliseconds.
   *
   * @param name for people; may be empty
   * @param expiresAtMillis null for never
   * @param lastUsedAtMillis to the minute; null when it was not used or that was not asked
   * @param rotatedAtMillis when it got its present secret; null when that is its first
   * @param previousEndsAtMillis until when its former secret works; null when it does not
   */
  public record ApiKey(
      String tenant,
      String id,
      String name,
      Role role,
      Set<String> scopes,
      long createdAtMillis,
      @Nullable Long expiresAtMillis,
      @Nullable Long lastUsedAtMillis,
      @Nullable Long rotatedAtMillis,
      @Nullable Long previousEndsAtMillis) {
    public ApiKey {
      scopes = Set.copyOf(scopes);
    }

    /** {@code {"id","name"?,"role","scopes","createdAt",…}}; times that are null are left out. */
    public JsonObject toJson() {
      JsonObject json = new JsonObject().put("id", id);
      if (!name.isEmpty()) {
        json.put("name", name);
      }
      json.put("role", role.text())
          .put("scopes", new JsonArray(scopes.stream().sorted().toList()))
          .put("createdAt", Instant.ofEpochMilli(createdAtMillis).toString());
      put(json, "expiresAt", expiresAtMillis);
      put(json, "lastUsedAt", lastUsedAtMillis);
      put(json, "rotatedAt", rotatedAtMillis);
      put(json, "previousEndsAt", previousEndsAtMillis);
      return json;
    }

    private static void put(JsonObject json, String field, @Nullable Long millis) {
      if (millis != null) {
        json.put(field, Instant.ofEpochMilli(millis).toString());
      }
    }

    ApiKey seen(@Nullable Long lastUsed, @Nullable Long previousEnds) {
      return new ApiKey(
          tenant,
          id,
          name,
          role,
          scopes,
          createdAtMillis,
          expiresAtMillis,
          lastUsed,
          rotatedAtMillis,
          previousEnds);
    }

    ApiKey rotated(long now) {
      return new ApiKey(
          tenant, id, name, role, scopes, createdAtMillis, expiresAtMillis, null, now, null);
    }
  }

  /** A key just made or rotated; {@code secret} is never seen again. */
  public record Made(ApiKey key, Secret secret) {}

  /** One secret of a key as it is in the store. */
  private record Held(String digest, String text, ApiKey key, @Nullable Long usedAtMillis) {
    boolean isFormer() {
      return key.previousEndsAtMillis() != null;
    }
  }

  /**
   * Makes a key for an existing tenant.
   *
   * @param body {@code {"name"?,"role","scopes"?,"expiresAt"?}}
   */
  public Future<Made> create(String tenant, JsonObject body) {
    ApiKey key;
    try {
      key = KeyForm.asked(tenant, body, clock.wallMillis());
    } catch (ProblemException e) {
      return Future.failedFuture(e);
    }
    String secret = newSecret(tenant);
    return link.eval(
            MAKE,
            List.of(Keys.of(tenant).config(SECTION)),
            Digests.sha256(secret),
            KeyForm.stored(key, null),
            Integer.toString(KEYS_MAX))
        .compose(
            made ->
                made != null && made.toInteger() == 1
                    ? Future.succeededFuture(new Made(key, Secret.of(secret)))
                    : Future.failedFuture(
                        Problem.CONFLICT.because("A tenant has at most " + KEYS_MAX + " keys")));
  }

  /** All keys of a tenant, oldest first. */
  public Future<List<ApiKey>> list(String tenant) {
    return held(tenant).map(this::keys);
  }

  /** One key; fails with NOT_FOUND. */
  public Future<ApiKey> read(String tenant, String id) {
    return list(tenant)
        .compose(
            all ->
                all.stream()
                    .filter(key -> key.id().equals(id))
                    .findFirst()
                    .map(Future::succeededFuture)
                    .orElseGet(ApiKeys::missing));
  }

  /**
   * Gives a key a new secret. The present one works for {@code overlap} more, the one before it no
   * longer. Fails with NOT_FOUND, or CONFLICT when somebody else rotates it at the same moment.
   *
   * @param overlap none to 30 days
   */
  public Future<Made> rotate(String tenant, String id, Duration overlap) {
    return held(tenant)
        .compose(
            all -> {
              List<Held> ofKey = all.stream().filter(h -> h.key().id().equals(id)).toList();
              return ofKey.stream()
                  .filter(h -> !h.isFormer())
                  .findFirst()
                  .map(present -> rotate(tenant, present, ofKey, overlap))
                  .orElseGet(ApiKeys::missing);
            });
  }

  private Future<Made> rotate(String tenant, Held present, List<Held> ofKey, Duration overlap) {
    long now = clock.wallMillis();
    Long ends = overlap.isZero() ? null : now + overlap.toMillis();
    ApiKey key = present.key().rotated(now);
    String secret = newSecret(tenant);
    List<String> args = new ArrayList<>();
    args.add(Digests.sha256(secret));
    args.add(KeyForm.stored(key, null));
    args.add(present.digest());
    args.add(present.text());
    args.add(ends == null ? "" : KeyForm.stored(present.key(), ends));
    ofKey.stream().filter(Held::isFormer).forEach(former -> args.add(former.digest()));
    Keys at = Keys.of(tenant);
    return link.eval(ROTATE, List.of(at.config(SECTION), at.config(USES)), args.toArray())
        .compose(
            done ->
                done != null && done.toInteger() == 1
                    ? tell(ofKey)
                    : Future.failedFuture(
                        Problem.CONFLICT.because("The key was changed meanwhile")))
        .map(told -> new Made(key.seen(null, ends), Secret.of(secret)));
  }

  /** Ends a key: here at once, elsewhere as soon as they hear of it. */
  public Future<Void> delete(String tenant, String id) {
    Keys at = Keys.of(tenant);
    return held(tenant)
        .compose(
            all -> {
              List<Held> ofKey = all.stream().filter(h -> h.key().id().equals(id)).toList();
              if (ofKey.isEmpty()) {
                return missing();
              }
              Request keys = Request.cmd(Command.HDEL).arg(at.config(SECTION));
              Request uses = Request.cmd(Command.HDEL).arg(at.config(USES));
              ofKey.forEach(
                  h -> {
                    keys.arg(h.digest());
                    uses.arg(h.digest());
                  });
              return link.send(keys).compose(gone -> link.send(uses)).compose(g -> tell(ofKey));
            });
  }

  /** Says everywhere that these secrets are not what they were. */
  private Future<Void> tell(List<Held> secrets) {
    List<Future<?>> told = new ArrayList<>();
    for (Held held : secrets) {
      ledger.hear(held.digest());
      told.add(link.send(Request.cmd(Command.PUBLISH).arg(KeyLedger.CHANNEL).arg(held.digest())));
    }
    // Whoever does not hear it finds out when its trust is over.
    return Future.join(told).<Void>mapEmpty().otherwiseEmpty();
  }

  /** Who holds this key; fails with UNAUTHENTICATED for every key that is not good. */
  public Future<Caller.TenantKey> verify(String secret) {
    String tenant = tenantOf(secret);
    return tenant == null
        ? Future.failedFuture(refused())
        : verifyDigest(tenant, Digests.sha256(secret));
  }

  /**
   * Who holds the key with this {@link #digest}: for those who have to know whether a key is still
   * good without keeping it. Fails like {@link #verify}.
   */
  public Future<Caller.TenantKey> verifyDigest(String tenant, String digest) {
    ApiKey known = ledger.trusted(digest);
    if (known != null) {
      return known.tenant().equals(tenant) ? admit(known, digest) : Future.failedFuture(refused());
    }
    long endedBefore = ledger.ended();
    return link.send(Request.cmd(Command.HGET).arg(Keys.of(tenant).config(SECTION)).arg(digest))
        .compose(
            found -> {
              if (found == null) {
                return Future.failedFuture(refused());
              }
              ApiKey key = KeyForm.stored(tenant, found.toString());
              ledger.trust(digest, key, endedBefore);
              return admit(key, digest);
            });
  }

  /** What is kept of a key: its SHA-256, as 64 hex digits. */
  public static String digest(String secret) {
    return Digests.sha256(secret);
  }

  private Future<Caller.TenantKey> admit(ApiKey key, String digest) {
    long now = clock.wallMillis();
    if (isPast(key.expiresAtMillis(), now) || isPast(key.previousEndsAtMillis(), now)) {
      return Future.failedFuture(refused());
    }
    ledger.use(key.tenant(), digest);
    return Future.succeededFuture(
        new Caller.TenantKey(key.tenant(), key.id(), key.role(), key.scopes()));
  }

  private static boolean isPast(@Nullable Long millis, long now) {
    return millis != null && millis <= now;
  }

  /** The tenant a key says it belongs to, or null when it has not the form of a key. */
  public static @Nullable String tenantOf(String secret) {
    int end = secret.lastIndexOf('_');
    if (!secret.startsWith(PREFIX) || end < PREFIX.length() || secret.length() - end != 65) {
      return null;
    }
    String tenant = secret.substring(PREFIX.length(), end);
    return Keys.isId(tenant) ? tenant : null;
  }

  private static String newSecret(String tenant) {
    return PREFIX + tenant + "_" + Digests.randomHex(32);
  }

  /** All secrets of all keys of a tenant. */
  private Future<List<Held>> held(String tenant) {
    Keys at = Keys.of(tenant);
    return link.send(Request.cmd(Command.HGETALL).arg(at.config(SECTION)))
        .compose(
            secrets ->
                link.send(Request.cmd(Command.HGETALL).arg(at.config(USES)))
                    .map(uses -> held(tenant, secrets, pairs(uses))));
  }

  private static List<Held> held(
      String tenant, @Nullable Response secrets, Map<String, String> uses) {
    List<Held> out = new ArrayList<>();
    pairs(secrets)
        .forEach(
            (digest, text) -> {
              String used = uses.get(digest);
              ApiKey key = KeyForm.stored(tenant, text);
              out.add(new Held(digest, text, key, used == null ? null : Long.valueOf(used)));
            });
    return out;
  }

  /** Each key once, with what its secrets tell of it. */
  private List<ApiKey> keys(List<Held> all) {
    long now = clock.wallMillis();
    Map<String, Held> former = new HashMap<>();
    all.stream().filter(Held::isFormer).forEach(h -> former.put(h.key().id(), h));
    List<ApiKey> keys = new ArrayList<>();
    for (Held held : all) {
      if (!held.isFormer()) {
        Held before = former.get(held.key().id());
        Long ends = before == null ? null : before.key().previousEndsAtMillis();
        keys.add(
            held.key()
                .seen(
                    later(held.usedAtMillis(), before == null ? null : before.usedAtMillis()),
                    isPast(ends, now) ? null : ends));
      }
    }
    keys.sort(Comparator.comparingLong(ApiKey::createdAtMillis).thenComparing(ApiKey::id));
    return keys;
  }

  private static @Nullable Long later(@Nullable Long a, @Nullable Long b) {
    return a == null || b != null && b > a ? b : a;
  }

  private static Map<String, String> pairs(@Nullable Response flat) {
    Map<String, String> out = new HashMap<>();
    if (flat != null) {
      List<String> texts = new ArrayList<>();
      flat.forEach(r -> texts.add(r.toString()));
      for (int i = 0; i + 1 < texts.size(); i += 2) {
        out.put(texts.get(i), texts.get(i + 1));
      }
    }
    return out;
  }

  private static <T> Future<T> missing() {
    return Future.failedFuture(Problem.NOT_FOUND.because("There is no such key"));
  }

  private static ProblemException refused() {
    return Problem.UNAUTHENTICATED.because("The key is not valid");
  }
}
