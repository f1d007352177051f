package dev.hongyan.observability.tracing;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.exporter.internal.FailedExportException.HttpExportException;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** An OpenTelemetry collector, by OTLP over HTTP. */
final class OtlpCollector implements Collector {
  private static final String PATH = "/v1/traces";
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

  private final OtlpHttpSpanExporter exporter;
  private final Resource process;

  private OtlpCollector(OtlpHttpSpanExporter exporter, Resource process) {
    this.exporter = exporter;
    this.process = process;
  }

  static OtlpCollector at(URI otlp, Tracing.Process process) {
    if (!SLF4JBridgeHandler.isInstalled()) {
      // The exporter says by java.util.logging what we say ourselves, to standard error.
      SLF4JBridgeHandler.removeHandlersForRootLogger();
      SLF4JBridgeHandler.install();
    }
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint(otlp))
            .setConnectTimeout(CONNECT_WITHIN)
            .setTimeout(ANSWER_WITHIN)
            // A collector that is away gets the next spans; these would only be in their way.
            .setRetryPolicy(null)
            .setMeterProvider(MeterProvider.noop())
            .build();
    return new OtlpCollector(
        exporter,
        Resource.create(
            Attributes.builder()
                .put("service.name", "hongyan")
                .put("service.version", process.version())
                .put("service.instance.id", process.node())
                .build()));
  }

  /** As for {@code OTEL_EXPORTER_OTLP_ENDPOINT}: an address alone means the usual path there. */
  static String endpoint(URI otlp) {
    String path = otlp.getRawPath();
    if (path != null && !path.isEmpty() && !path.equals("/")) {
      return otlp.toString();
    }
    String query = otlp.getRawQuery();
    return otlp.getScheme()
        + "://"
        + otlp.getRawAuthority()
        + PATH
        + (query == null ? "" : "?" + query);
  }

  @Override
  public @Nullable String take(List<Ended> spans) {
    List<SpanData> all = new ArrayList<>(spans.size());
    for (Ended span : spans) {
      all.add(new OtlpSpan(span, process));
    }
    CompletableResultCode done =
        exporter.export(all).join(ANSWER_WITHIN.toMillis() + 500, TimeUnit.MILLISECONDS);
    if (done.isSuccess()) {
      return null;
    }
    Throwable why = done.getFailureThrowable();
    return why == null ? "no answer in time" : words(why);
  }

  /** The cause that is of the network; the address may hold a key, and is in none of them. */
  private static String words(Throwable why) {
    if (why instanceof HttpExportException answered && answered.getResponse() != null) {
      return "http " + answered.getResponse().getStatusCode();
    }
    Throwable cause = why;
    while (!(cause instanceof IOException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }

  @Override
  public void close() {
    var unused = exporter.shutdown();
  }
}
