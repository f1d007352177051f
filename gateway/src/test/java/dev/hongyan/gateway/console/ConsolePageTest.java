package dev.hongyan.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConsolePageTest {
  private final Vertx vertx = Vertx.vertx();
  private int port;

  @AfterEach
  void close() {
    RedisFixture.await(vertx.close());
  }

  @Test
  void thePageAndEverythingItNamesIsServedWithoutInlineScript() throws Exception {
    serve(new ConsolePage(null));
    HttpResponse<String> page = get("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
        .contains("script-src 'self'")
        .doesNotContain("unsafe");
    Matcher named = Pattern.compile("(?:src|href)=\"([^\"]+)\"").matcher(page.body());
    int files = 0;
    while (named.find()) {
      assertThat(get(named.group(1)).statusCode()).as(named.group(1)).isEqualTo(200);
      files++;
    }
    assertThat(files).isGreaterThanOrEqualTo(4);
    assertThat(page.body()).doesNotContainPattern("<script>|style=|onclick");
    assertThat(get("/console/").headers().firstValue("location")).contains("/");
    assertThat(get("/console/other").statusCode()).isEqualTo(404);
  }

  @Test
  void anUnchangedFileIsNotSentAgain() throws Exception {
    serve(new ConsolePage(null));
    String tag = get("/console/console.js").headers().firstValue("etag").orElseThrow();
    HttpRequest again =
        HttpRequest.newBuilder(uri("/console/console.js")).header("If-None-Match", tag).build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(again, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(304);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void tokensAreGivenAwayInTheDemoOnly() throws Exception {
    serve(new ConsolePage(null));
    assertThat(get("/demo/session").statusCode()).isEqualTo(404);
    JsonObject session =
        new JsonObject()
            .put("tenants", new JsonArray().add(new JsonObject().put("id", "a").put("token", "t")));
    serve(new ConsolePage(() -> session));
    HttpResponse<String> answer = get("/demo/session");
    assertThat(new JsonObject(answer.body())).isEqualTo(session);
    assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
  }

  private void serve(ConsolePage page) {
    HttpServer server = vertx.createHttpServer().requestHandler(page::handle);
    port = RedisFixture.await(server.listen(0, "127.0.0.1")).actualPort();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
