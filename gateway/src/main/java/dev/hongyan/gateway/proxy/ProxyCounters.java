package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Stopwatch;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.wechat.error.ErrcodeClass;
import java.util.Locale;

/** What the proxy counts; no label ever names a tenant, a path or a person. */
final class ProxyCounters {
  private final Metrics metrics;
  private final Stopwatch ok;
  private final Stopwatch refused;
  private final Stopwatch failed;

  ProxyCounters(Metrics metrics) {
    this.metrics = metrics;
    this.ok = metrics.stopwatch(Series.API_LATENCY, "wxapi", "ok");
    this.refused = metrics.stopwatch(Series.API_LATENCY, "wxapi", "refused");
    this.failed = metrics.stopwatch(Series.API_LATENCY, "wxapi", "failed");
  }

  void passedOn(String tenant, String family) {
    metrics.usage().of(tenant).add(Used.WECHAT_CALLS);
    metrics.count(Series.WXAPI_CALLS, family);
  }

  void error(ErrcodeClass what) {
    metrics.count(Series.WXAPI_ERRORS, what.name().toLowerCase(Locale.ROOT));
  }

  void retried(String cause) {
    metrics.count(Series.WXAPI_RETRIES, cause);
  }

  void answered(long nanos) {
    ok.record(nanos);
  }

  void refused(Refusal refusal, long nanos) {
    metrics.count(Series.WXAPI_REFUSED, Integer.toString(refusal.errcode()));
    (refusal == Refusal.UNREACHABLE ? failed : refused).record(nanos);
  }
}
