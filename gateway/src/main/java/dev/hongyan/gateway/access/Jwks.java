package dev.hongyan.gateway.access;

import com.nimbusds.jose.jwk.JWKSet;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.destination.GuardedGet;
import dev.hongyan.tenant.issuer.IssuerJson;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public keys of tenants' issuers, as their addresses had them lately. Keys of 10 minutes are
 * fetched again beside the calls that go on with them; while the address is away they go on for a
 * day. A token that names a key which is not among them has them fetched at once, but not within 30
 * s of the last time. For one event loop; remembers {@value #ADDRESSES_MAX} addresses.
 */
final class Jwks {
  private static final Logger LOG = LoggerFactory.getLogger(Jwks.class);
  private static final int ADDRESSES_MAX = 1_000;
  private static final int BYTES_MAX = 256 * 1024;
  private static final Duration WITHIN = Duration.ofSeconds(5);
  private static final long FRESH_NANOS = Duration.ofMinutes(10).toNanos();
  private static final long KEPT_NANOS = Duration.ofDays(1).toNanos();
  private static final long AGAIN_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long AFTER_FAILURE_NANOS = Duration.ofSeconds(5).toNanos();

  private final Source source;
  private final Clock clock;
  private final Map<Place, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, Known> eldest) {
          return size() > ADDRESSES_MAX;
        }
      };

  /** Where documents come from: {@link GuardedGet}. */
  interface Source {
    Future<Buffer> get(String url, int bytesMax, Duration within);
  }

  /** Each tenant has its own, so that none can use up another's right to ask again. */
  private record Place(String tenant, String url) {}

  private static final class Known {
    @Nullable JWKSet keys;
    @Nullable String document;
    long fetchedNanos;
    long askedNanos;
    @Nullable Future<JWKSet> asking;
    boolean lastFailed;
  }

  Jwks(Source source, Clock clock) {
    this.source = source;
    this.clock = clock;
  }

  /**
   * The keys behind an address; the same object as long as they are the same.
   *
   * @param keyId that the token names, or null
   * @return fails when there are none to be had
   */
  Future<JWKSet> keys(String tenant, String url, @Nullable String keyId) {
    Known here = known.computeIfAbsent(new Place(tenant, url), place -> new Known());
    long now = clock.nanos();
    JWKSet keys = here.keys;
    if (keys != null && now - here.fetchedNanos > KEPT_NANOS) {
      keys = null;
    }
    if (keys == null) {
      return mayAsk(here, now, AFTER_FAILURE_NANOS)
          ? ask(here, tenant, url)
          : here.asking != null
              ? here.asking
              : Future.failedFuture("the address of the keys does not answer");
    }
    boolean unknown = keyId != null && keys.getKeyByKeyId(keyId) == null;
    if (unknown) {
      // Whether the issuer has new keys is known after it was asked; the old ones are of no use.
      JWKSet old = keys;
      return here.asking != null || mayAsk(here, now, AGAIN_NANOS)
          ? (here.asking != null ? here.asking : ask(here, tenant, url)).otherwise(old)
          : Future.succeededFuture(keys);
    }
    if (now - here.fetchedNanos > FRESH_NANOS && mayAsk(here, now, AGAIN_NANOS)) {
      var beside = ask(here, tenant, url);
    }
    return Future.succeededFuture(keys);
  }

  private static boolean mayAsk(Known here, long now, long pauseNanos) {
    return here.asking == null && (here.askedNanos == 0 || now - here.askedNanos > pauseNanos);
  }

  private Future<JWKSet> ask(Known here, String tenant, String url) {
    here.askedNanos = clock.nanos() | 1; // 0 is never
    Future<JWKSet> asking =
        source
            .get(url, BYTES_MAX, WITHIN)
            .map(
                body -> {
                  String document = body.toString();
                  JWKSet keys = here.keys;
                  if (keys == null || !document.equals(here.document)) {
                    keys = IssuerJson.document(document);
                  }
                  here.keys = keys;
                  here.document = document;
                  here.fetchedNanos = clock.nanos();
                  here.lastFailed = false;
                  return keys;
                })
            .onFailure(
                failure -> {
                  if (!here.lastFailed) {
                    here.lastFailed = true;
                    LOG.atWarn()
                        .addKeyValue("tenant", tenant)
                        .log("Keys of an issuer cannot be fetched: {}", failure.toString());
                  }
                });
    here.asking = asking.isComplete() ? null : asking;
    return asking.onComplete(done -> here.asking = null);
  }
}
