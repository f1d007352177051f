package dev.hongyan.observability.tracing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An OpenTelemetry collector, by OTLP over HTTP in protobuf. */
final class OtlpCollector implements Collector {
  private static final String PATH = "/v1/traces";
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_WITHIN)
          .build();

  private final HttpRequest.Builder request;
  private final OtlpWriter writer;

  private OtlpCollector(URI to, Tracing.Process process) {
    this.request =
        HttpRequest.newBuilder(to)
            .timeout(ANSWER_WITHIN)
            .header("content-type", "application/x-protobuf")
            .header("user-agent", "Hongyan/" + process.version());
    this.writer =
        new OtlpWriter(
            "service.name",
            "hongyan",
            "service.version",
            process.version(),
            "service.instance.id",
            process.node());
  }

  static OtlpCollector at(URI otlp, Tracing.Process process) {
    return new OtlpCollector(URI.create(endpoint(otlp)), process);
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

  /** Not tried again: a collector that is back gets the next ones. */
  @Override
  public @Nullable String take(List<Ended> spans) {
    writer.write(spans);
    try {
      int status =
          http.send(
                  request
                      .POST(
                          HttpRequest.BodyPublishers.ofByteArray(
                              writer.bytes(), 0, writer.length()))
                      .build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode();
      return status >= 200 && status < 300 ? null : "http " + status;
    } catch (IOException e) {
      // The address may hold a key; it is in none of these messages.
      String message = e.getMessage();
      return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "stopped";
    }
  }

  @Override
  public void close() {
    // The client ends its thread and connections when nobody has it any more.
  }
}
