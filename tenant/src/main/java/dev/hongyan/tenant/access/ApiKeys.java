package dev.hongyan.tenant.access;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * API keys of tenants: {@code hyk_<tenant>_<64 hex digits>}, kept only as SHA-256. The tenant's
 * name in the key says where to look; the rest is 256 random bits. A key that was good is
 * remembered for {@value #TRUST_MILLIS} ms, so a deleted one ends everywhere within that time. Use
 * on the context of its link.
 */
public final class ApiKeys {
  private static final String PREFIX = "hyk_";
  private static final String SECTION = "keys";
  private static final int KEYS_MAX = 200;
  private static final int SCOPES_MAX = 50;
  private static final int CACHED_MAX = 10_000;
  private static final long TRUST_MILLIS = 1_000;

  private final RedisLink link;
  private final Clock clock;
  private final Map<String, Cached> cache =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Cached> eldest) {
          return size() > CACHED_MAX;
        }
      };

  private record Cached(ApiKey key, long untilNanos) {}

  public ApiKeys(RedisLink link, Clock clock) {
    this.link = link;
    this.clock = clock;
  }

  /**
   * A key, without the key.
   *
   * @param createdAtMillis epoch milliseconds
   * @param expiresAtMillis epoch milliseconds, or null for never
   */
  public record ApiKey(
      String tenant,
      String id,
      Role role,
      Set<String> scopes,
      long createdAtMillis,
      @Nullable Long expiresAtMillis) {
    public ApiKey {
      scopes = Set.copyOf(scopes);
    }

    /** {@code {"id","role","scopes","createdAt","expiresAt"?}}. */
    public JsonObject toJson() {
      JsonObject json =
          new JsonObject()
              .put("id", id)
              .put("role", role.text())
              .put("scopes", new JsonArray(scopes.stream().sorted().toList()))
              .put("createdAt", Instant.ofEpochMilli(createdAtMillis).toString());
      if (expiresAtMillis != null) {
        json.put("expiresAt", Instant.ofEpochMilli(expiresAtMillis).toString());
      }
      return json;
    }
  }

  /** A key just made; {@code secret} is never seen again. */
  public record Made(ApiKey key, Secret secret) {}

  /**
   * Makes a key for an existing tenant.
   *
   * @param body {@code {"role","scopes"?,"expiresAt"?}}
   */
  public Future<Made> create(String tenant, JsonObject body) {
    ApiKey key;
    try {
      key = read(tenant, body);
    } catch (ProblemException e) {
      return Future.failedFuture(e);
    }
    String secret = PREFIX + tenant + "_" + Digests.randomHex(32);
    String hash = Digests.sha256(secret);
    String at = Keys.of(tenant).config(SECTION);
    return link.send(Request.cmd(Command.HLEN).arg(at))
        .compose(
            count ->
                count != null && count.toInteger() >= KEYS_MAX
                    ? Future.failedFuture(
                        Problem.CONFLICT.because("A tenant has at most " + KEYS_MAX + " keys"))
                    : link.send(
                        Request.cmd(Command.HSET).arg(at).arg(hash).arg(stored(key).encode())))
        .map(done -> new Made(key, Secret.of(secret)));
  }

  /** All keys of a tenant, oldest first. */
  public Future<List<ApiKey>> list(String tenant) {
    return link.send(Request.cmd(Command.HVALS).arg(Keys.of(tenant).config(SECTION)))
        .map(
            answer -> {
              List<ApiKey> keys = new ArrayList<>();
              if (answer != null) {
                answer.forEach(r -> keys.add(stored(tenant, r)));
              }
              keys.sort(Comparator.comparingLong(ApiKey::createdAtMillis));
              return keys;
            });
  }

  /** Ends a key: here at once, elsewhere within a second. */
  public Future<Void> delete(String tenant, String id) {
    String at = Keys.of(tenant).config(SECTION);
    return link.send(Request.cmd(Command.HGETALL).arg(at))
        .compose(
            all -> {
              for (int i = 0; all != null && i + 1 < all.size(); i += 2) {
                if (stored(tenant, all.get(i + 1)).id().equals(id)) {
                  String hash = all.get(i).toString();
                  cache.remove(hash);
                  return link.send(Request.cmd(Command.HDEL).arg(at).arg(hash)).mapEmpty();
                }
              }
              return Future.failedFuture(Problem.NOT_FOUND.because("There is no such key"));
            });
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
    Cached cached = cache.get(digest);
    if (cached != null && cached.untilNanos() - clock.nanos() > 0) {
      return cached.key().tenant().equals(tenant)
          ? admit(cached.key())
          : Future.failedFuture(refused());
    }
    return link.send(Request.cmd(Command.HGET).arg(Keys.of(tenant).config(SECTION)).arg(digest))
        .compose(
            found -> {
              if (found == null) {
                cache.remove(digest);
                return Future.failedFuture(refused());
              }
              ApiKey key = stored(tenant, found);
              cache.put(digest, new Cached(key, clock.nanos() + TRUST_MILLIS * 1_000_000));
              return admit(key);
            });
  }

  /** What is kept of a key: its SHA-256, as 64 hex digits. */
  public static String digest(String secret) {
    return Digests.sha256(secret);
  }

  private Future<Caller.TenantKey> admit(ApiKey key) {
    Long expires = key.expiresAtMillis();
    return expires != null && expires <= clock.wallMillis()
        ? Future.failedFuture(refused())
        : Future.succeededFuture(
            new Caller.TenantKey(key.tenant(), key.id(), key.role(), key.scopes()));
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

  private ApiKey read(String tenant, JsonObject body) {
    List<FieldError> errors = new ArrayList<>();
    for (String field : body.fieldNames()) {
      if (!Set.of("role", "scopes", "expiresAt").contains(field)) {
        errors.add(new FieldError(field, "is not known here"));
      }
    }
    Role role = null;
    for (Role each : Role.values()) {
      if (each.text().equals(body.getValue("role"))) {
        role = each;
      }
    }
    if (role == null) {
      errors.add(new FieldError("role", "must be one of guest, contributor, reviewer, admin"));
    }
    Set<String> scopes = new HashSet<>();
    Object list = body.getValue("scopes", new JsonArray());
    if (list instanceof JsonArray array && array.size() <= SCOPES_MAX) {
      for (Object scope : array) {
        if (scope instanceof String text && !text.isBlank() && text.length() <= 100) {
          scopes.add(text);
        } else {
          errors.add(new FieldError("scopes", "must be texts of at most 100 characters"));
          break;
        }
      }
    } else {
      errors.add(new FieldError("scopes", "must be a list of at most " + SCOPES_MAX));
    }
    Long expires = null;
    Object at = body.getValue("expiresAt");
    if (at != null) {
      expires = at instanceof String text ? instant(text) : null;
      if (expires == null || expires <= clock.wallMillis()) {
        errors.add(new FieldError("expiresAt", "must be a moment to come, as RFC 3339"));
      }
    }
    if (role == null || !errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "The key cannot be made", errors);
    }
    return new ApiKey(tenant, Digests.randomHex(8), role, scopes, clock.wallMillis(), expires);
  }

  private static @Nullable Long instant(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  private static JsonObject stored(ApiKey key) {
    return new JsonObject()
        .put("id", key.id())
        .put("role", key.role().name())
        .put("scopes", new JsonArray(List.copyOf(key.scopes())))
        .put("created", key.createdAtMillis())
        .put("expires", key.expiresAtMillis());
  }

  private static ApiKey stored(String tenant, Response value) {
    JsonObject json = new JsonObject(value.toString());
    Set<String> scopes = new HashSet<>();
    json.getJsonArray("scopes").forEach(s -> scopes.add(String.valueOf(s)));
    return new ApiKey(
        tenant,
        json.getString("id"),
        Role.valueOf(json.getString("role").toUpperCase(Locale.ROOT)),
        scopes,
        json.getLong("created"),
        json.getLong("expires"));
  }

  private static ProblemException refused() {
    return Problem.UNAUTHENTICATED.because("The key is not valid");
  }
}
