package dev.hongyan.gateway.proxy;

import dev.hongyan.gateway.proxy.ApiQuota.Verdict;
import dev.hongyan.observability.metrics.Level;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.router.send.SendQuota;
import dev.hongyan.tenant.TenantDirectory;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What every account has used of WeChat's quotas, and which APIs are held back until they open
 * again. Counts what passes this node; {@link QuotaSync} adds what passes the others. One per
 * process; thread-safe.
 */
public final class QuotaLedger implements SendQuota {
  /** APIs of one account; the many that an account does not use together are one. */
  private static final int APIS_MAX = 300;

  private static final String REST = "/other";

  /** After so long a send asks again whether there is quota left that nobody else needs more. */
  private static final long SHED_MILLIS = 10 * 60_000;

  private final Clock clock;
  private final Metrics metrics;
  private final Map<String, Map<String, Map<String, ApiQuota>>> tenants = new ConcurrentHashMap<>();
  private final Map<String, Level> held = new ConcurrentHashMap<>();
  private final Set<String> cleared = ConcurrentHashMap.newKeySet();

  public QuotaLedger(Clock clock, TenantDirectory directory, Metrics metrics) {
    this.clock = clock;
    this.metrics = metrics;
    metrics.gauge(Series.WXAPI_QUOTA_ENDS, this::firstEndSeconds);
    directory.onChange(
        change -> {
          if (change.isRemoved()) {
            forget(change.tenant());
          }
        });
  }

  ApiQuota of(String tenant, String account, String api) {
    Map<String, ApiQuota> apis = apis(tenant, account);
    ApiQuota known = apis.get(api);
    if (known != null) {
      return known;
    }
    String name = apis.size() < APIS_MAX ? api : REST;
    return apis.computeIfAbsent(name, n -> new ApiQuota(n, clock.wallMillis()));
  }

  Verdict admit(ApiQuota quota, Priority priority) {
    return quota.admit(priority, clock.wallMillis());
  }

  void dayIsUsedUp(ApiQuota quota) {
    quota.dayIsUsedUp(clock.wallMillis());
  }

  void minuteIsUsedUp(ApiQuota quota) {
    quota.minuteIsUsedUp(clock.wallMillis());
  }

  @Override
  public long admit(String tenant, String account, String api) {
    long now = clock.wallMillis();
    ApiQuota quota = of(tenant, account, api);
    return switch (quota.admit(Priority.NORMAL, now)) {
      case PASS -> {
        metrics.usage().of(tenant).add(Used.WECHAT_CALLS);
        yield 0;
      }
      case HELD -> Math.max(now + 1, quota.view(now).heldUntil());
      case SHED -> Math.min(ApiQuota.nextDay(now), now + SHED_MILLIS);
    };
  }

  @Override
  public long usedUp(String tenant, String account, String api, boolean day) {
    long now = clock.wallMillis();
    ApiQuota quota = of(tenant, account, api);
    if (day) {
      quota.dayIsUsedUp(now);
    } else {
      quota.minuteIsUsedUp(now);
    }
    return Math.max(now + 1, quota.view(now).heldUntil());
  }

  /** Everything known of an account, by path; from any thread. */
  public List<QuotaView> view(String tenant, String account) {
    long now = clock.wallMillis();
    Map<String, Map<String, ApiQuota>> accounts = tenants.get(tenant);
    Map<String, ApiQuota> apis = accounts == null ? null : accounts.get(account);
    return apis == null
        ? List.of()
        : apis.values().stream()
            .map(quota -> quota.view(now))
            .sorted(Comparator.comparing(QuotaView::api))
            .toList();
  }

  /** When WeChat's next day begins, in epoch milliseconds. */
  public long resetsAt() {
    return ApiQuota.nextDay(clock.wallMillis());
  }

  /** WeChat was told to begin again: nothing is held back and the day's counts are 0. */
  public void cleared(String tenant, String account) {
    Map<String, Map<String, ApiQuota>> accounts = tenants.get(tenant);
    Map<String, ApiQuota> apis = accounts == null ? null : accounts.get(account);
    if (apis != null) {
      apis.values().forEach(ApiQuota::cleared);
      boolean unused = cleared.add(tenant + "/" + account);
    }
  }

  /** Whether the store has to be told that this account was cleared. */
  boolean takeCleared(String tenant, String account) {
    return cleared.remove(tenant + "/" + account);
  }

  /** Visits every account that was used. */
  void each(AccountVisitor visitor) {
    tenants.forEach(
        (tenant, accounts) ->
            accounts.forEach((account, apis) -> visitor.visit(tenant, account, apis.values())));
  }

  /** Sees the APIs of one account. */
  interface AccountVisitor {
    void visit(String tenant, String account, Iterable<ApiQuota> apis);
  }

  /** Brings the gauge of what is held up to date. */
  void measure() {
    long now = clock.wallMillis();
    tenants.forEach(
        (tenant, accounts) -> {
          long count = 0;
          for (Map<String, ApiQuota> apis : accounts.values()) {
            for (ApiQuota quota : apis.values()) {
              count += quota.isHeld(now) ? 1 : 0;
            }
          }
          if (count > 0 || held.containsKey(tenant)) {
            held.computeIfAbsent(tenant, t -> metrics.level(Series.WXAPI_QUOTA_HELD, t)).set(count);
          }
        });
  }

  private Map<String, ApiQuota> apis(String tenant, String account) {
    Map<String, Map<String, ApiQuota>> accounts = tenants.get(tenant);
    if (accounts == null) {
      accounts = tenants.computeIfAbsent(tenant, t -> new ConcurrentHashMap<>());
    }
    Map<String, ApiQuota> apis = accounts.get(account);
    return apis != null ? apis : accounts.computeIfAbsent(account, a -> new ConcurrentHashMap<>());
  }

  private void forget(String tenant) {
    var unused = tenants.remove(tenant);
    @Nullable Level level = held.remove(tenant);
    if (level != null) {
      level.close();
    }
  }

  private double firstEndSeconds() {
    long now = clock.wallMillis();
    long[] first = {now + ApiQuota.DAY_MILLIS};
    each(
        (tenant, account, apis) ->
            apis.forEach(
                quota -> {
                  long endsAt = quota.view(now).endsAt();
                  if (endsAt > 0) {
                    first[0] = Math.min(first[0], endsAt);
                  }
                }));
    return Math.max(0, first[0] - now) / 1000.0;
  }
}
