package dev.hongyan.observability.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.health.Readiness;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManagementVerticleTest {
  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();
  private final HealthChecks health = new HealthChecks(Clock.system(), new VertxTimers(vertx));
  private final Readiness readiness = new Readiness();
  private final ManagementVerticle verticle =
      new ManagementVerticle("127.0.0.1", 0, metrics, health, readiness);
  private final HttpClient client = HttpClient.newHttpClient();
  private volatile Status store = Status.up();

  @BeforeEach
  void start() throws Exception {
    health.essential("store", () -> Future.succeededFuture(store));
    vertx.deployVerticle(verticle).await(10, SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(10, SECONDS);
    metrics.close();
  }

  @Test
  void metricsAreTextUnlessOpenMetricsIsAskedFor() throws Exception {
    metrics.count(Series.PUSHES_ACCEPTED, "mp");

    HttpResponse<String> text = get("/metrics");
    assertThat(text.statusCode()).isEqualTo(200);
    assertThat(text.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(text.body()).contains("hongyan_pushes_accepted_total{product=\"mp\"} 1.0");

    HttpResponse<String> open =
        send("GET", "/metrics", "application/openmetrics-text; version=1.0.0,text/plain;q=0.5");
    assertThat(open.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/openmetrics-text");
    assertThat(open.body()).endsWith("# EOF\n");
  }

  @Test
  void manyReadersAtOnceAllGetTheMetrics() {
    List<CompletableFuture<HttpResponse<String>>> answers =
        IntStream.range(0, 50)
            .mapToObj(
                i ->
                    client.sendAsync(
                        HttpRequest.newBuilder(uri("/metrics")).build(),
                        HttpResponse.BodyHandlers.ofString()))
            .toList();

    assertThat(answers)
        .allSatisfy(a -> assertThat(a.get(10, SECONDS).body()).contains("hongyan_scrapes_total"));
  }

  @Test
  void healthSaysWhichComponentIsDownAndRecovers() throws Exception {
    assertThat(get("/healthz").body()).startsWith("{\"status\":\"up\",\"components\":{\"store\":");
    assertThat(get("/healthz").statusCode()).isEqualTo(200);

    store = Status.down("connection refused");
    HttpResponse<String> down = get("/healthz");
    assertThat(down.statusCode()).isEqualTo(503);
    assertThat(down.body())
        .contains("\"status\":\"down\"")
        .contains("\"detail\":\"connection refused\"");

    store = Status.up();
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void readinessFollowsTheLifeOfTheNodeAndItsStore() throws Exception {
    assertThat(get("/readyz").body()).isEqualTo("{\"ready\":false,\"reason\":\"starting\"}\n");
    assertThat(get("/readyz").statusCode()).isEqualTo(503);

    readiness.ready();
    assertThat(get("/readyz").statusCode()).isEqualTo(200);

    store = Status.down("gone");
    assertThat(get("/readyz").body()).contains("store down");
    assertThat(get("/readyz").statusCode()).isEqualTo(503);

    store = Status.degraded("slow");
    assertThat(get("/readyz").statusCode()).isEqualTo(200);

    readiness.draining();
    readiness.ready();
    assertThat(get("/readyz").body()).contains("draining");
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
  }

  @Test
  void livenessDoesNotDependOnTheStore() throws Exception {
    store = Status.down("gone");

    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void otherPathsAndMethodsAreRefused() throws Exception {
    assertThat(get("/").statusCode()).isEqualTo(404);
    assertThat(get("/metrics/").statusCode()).isEqualTo(404);
    assertThat(send("POST", "/healthz", "*/*").statusCode()).isEqualTo(405);
    HttpResponse<String> head = send("HEAD", "/metrics", "*/*");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send("GET", path, "*/*");
  }

  private HttpResponse<String> send(String method, String path, String accept) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri(path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("Accept", accept)
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + verticle.actualPort() + path);
  }
}
