package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.metrics.Level;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.tenant.TenantDirectory;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One breaker per tenant and API family, for all event loops of a process; so at most two dozen per
 * tenant, and none of a tenant that is gone. Thread-safe.
 */
final class Breakers {
  private static final Logger LOG = LoggerFactory.getLogger(Breakers.class);
  private static final long WINDOW_MILLIS = 60_000;

  private final Vertx vertx;
  private final CircuitBreakerOptions options;
  private final Metrics metrics;
  private final Level open;
  private final Map<String, Map<String, CircuitBreaker>> tenants = new ConcurrentHashMap<>();

  Breakers(Vertx vertx, TenantDirectory directory, Metrics metrics, ProxyOptions options) {
    this.vertx = vertx;
    this.metrics = metrics;
    this.open = metrics.level(Series.WXAPI_BREAKERS_OPEN);
    this.options =
        new CircuitBreakerOptions()
            .setMaxFailures(options.failuresMax())
            // A success clears the count, so this only forgets failures that are far apart.
            .setFailuresRollingWindow(WINDOW_MILLIS)
            .setResetTimeout(options.openFor().toMillis())
            // The calls have limits of their own.
            .setTimeout(-1)
            .setMaxRetries(0);
    directory.onChange(
        change -> {
          if (change.isRemoved()) {
            var unused = tenants.remove(change.tenant());
          }
        });
  }

  CircuitBreaker of(String tenant, String family) {
    Map<String, CircuitBreaker> families = tenants.get(tenant);
    if (families == null) {
      families = tenants.computeIfAbsent(tenant, t -> new ConcurrentHashMap<>());
    }
    CircuitBreaker breaker = families.get(family);
    return breaker != null ? breaker : families.computeIfAbsent(family, f -> make(tenant, f));
  }

  private CircuitBreaker make(String tenant, String family) {
    AtomicBoolean counted = new AtomicBoolean();
    return CircuitBreaker.create(tenant + "/" + family, vertx, options)
        .openHandler(
            opened -> {
              if (counted.compareAndSet(false, true)) {
                open.add(1);
              }
              metrics.count(Series.WXAPI_BREAKER_OPENED, family);
              LOG.warn(
                  "WeChat does not answer {} calls of tenant {}: they are refused for {} ms",
                  family,
                  tenant,
                  options.getResetTimeout());
            })
        .halfOpenHandler(
            trying -> {
              if (counted.compareAndSet(true, false)) {
                open.add(-1);
              }
            })
        .closeHandler(
            closed -> LOG.info("WeChat answers {} calls of tenant {} again", family, tenant));
  }
}
