package dev.hongyan.observability.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtlpCollectorTest {
  private static final Tracing.Process PROCESS = new Tracing.Process("n-1", "1.2.3");
  private static final Ended SPAN =
      new Ended(new Span(1, 2, 3, 0, true, true), Kind.SERVER, "work", 1, 2, null, new Object[0]);

  @Test
  void anAddressAloneMeansTheUsualPath() {
    assertThat(OtlpCollector.endpoint(URI.create("http://c:4318")))
        .isEqualTo("http://c:4318/v1/traces");
    assertThat(OtlpCollector.endpoint(URI.create("https://c/"))).isEqualTo("https://c/v1/traces");
    assertThat(OtlpCollector.endpoint(URI.create("https://c?key=1")))
        .isEqualTo("https://c/v1/traces?key=1");
    assertThat(OtlpCollector.endpoint(URI.create("https://c/in/v1/traces")))
        .isEqualTo("https://c/in/v1/traces");
  }

  @Test
  void aRefusalIsToldWithoutTheAddress() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(503, -1);
          }
        });
    server.start();
    OtlpCollector collector =
        OtlpCollector.at(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "?key=hidden"),
            PROCESS);
    String trouble = collector.take(List.of(SPAN));
    assertThat(trouble).isEqualTo("http 503");
    server.stop(0);

    assertThat(collector.take(List.of(SPAN)))
        .startsWith("ConnectException")
        .doesNotContain("hidden");
    collector.close();
  }
}
