package dev.hongyan.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class DeadLettersCommandTest {
  private final List<String> asked = new ArrayList<>();
  private final Queue<JsonObject> answers = new ArrayDeque<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private HttpServer node;
  private int status = 200;

  @BeforeEach
  void start() throws IOException {
    node = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    node.createContext("/", this::answer);
    node.start();
  }

  @AfterEach
  void stop() {
    node.stop(0);
  }

  private void answer(HttpExchange http) throws IOException {
    String body = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(http.getRequestHeaders().getFirst("Authorization")).isEqualTo("Bearer k-1");
    asked.add((http.getRequestMethod() + " " + http.getRequestURI() + " " + body).trim());
    byte[] bytes = answers.remove().encode().getBytes(StandardCharsets.UTF_8);
    http.sendResponseHeaders(status, bytes.length);
    http.getResponseBody().write(bytes);
    http.close();
  }

  private String url() {
    return "http://127.0.0.1:" + node.getAddress().getPort();
  }

  private int run(String action, String... more) {
    List<String> args = new ArrayList<>(List.of("dead-letters", action));
    args.addAll(List.of("--url", url(), "--key", "k-1", "--tenant", "acme"));
    args.addAll(List.of(more));
    return execute(args);
  }

  private int execute(List<String> args) {
    CommandLine command =
        Commands.line().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(args.toArray(String[]::new));
  }

  private static JsonObject letter(String id, String error) {
    return new JsonObject()
        .put("id", id)
        .put("deadAt", "2026-11-21T08:00:00Z")
        .put("consumer", "destination:crm")
        .put("reason", "worn-out")
        .put("attempts", 8)
        .put("lastError", error);
  }

  private static JsonObject page(JsonObject... letters) {
    return new JsonObject().put("items", new JsonArray(List.of(letters)));
  }

  private static JsonObject object(String name, Object value) {
    return new JsonObject().put(name, value);
  }

  @Test
  void aListGoesOnToItsLimitAndCannotSteerTheTerminal() {
    answers.add(page(letter("3-0", "a\u001b[2Jb"), letter("2-0", "http 500")).put("next", "2-0"));
    answers.add(page(letter("1-0", "http 500")));

    assertThat(run("list", "--consumer", "destination:crm", "--reason", "worn out")).isZero();

    assertThat(asked)
        .containsExactly(
            "GET /api/v1/tenants/acme/dead-letters?limit=50&consumer=destination%3Acrm"
                + "&reason=worn%20out",
            "GET /api/v1/tenants/acme/dead-letters?limit=48&consumer=destination%3Acrm"
                + "&reason=worn%20out&after=2-0");
    assertThat(out.toString().lines())
        .containsExactly(
            "3-0  2026-11-21T08:00:00Z  destination:crm  worn-out  8  a [2Jb",
            "2-0  2026-11-21T08:00:00Z  destination:crm  worn-out  8  http 500",
            "1-0  2026-11-21T08:00:00Z  destination:crm  worn-out  8  http 500");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void oneIsShownAsJson() {
    answers.add(letter("3-0", "http 500").put("event", object("id", "7")));

    assertThat(run("show", "3-0")).isZero();

    assertThat(asked).containsExactly("GET /api/v1/tenants/acme/dead-letters/3-0");
    assertThat(new JsonObject(out.toString()).getJsonObject("event")).isEqualTo(object("id", "7"));
  }

  @Test
  void redriveGoesOnUntilNoMoreAreLeft() {
    answers.add(object("redriven", 1_000).put("more", true));
    answers.add(object("redriven", 17));

    assertThat(run("redrive", "--consumer", "destination:crm")).isZero();

    assertThat(asked)
        .hasSize(2)
        .containsOnly(
            "POST /api/v1/tenants/acme/dead-letters/redrive"
                + " {\"filter\":{\"consumer\":\"destination:crm\"}}");
    assertThat(out.toString().trim()).isEqualTo("1017 put back");
  }

  @Test
  void redriveByIdTellsWhatWasNotThere() {
    answers.add(object("redriven", 1).put("missing", 1));

    assertThat(run("redrive", "--id", "3-0", "--id", "9-9")).isZero();

    assertThat(asked.get(0)).endsWith("{\"ids\":[\"3-0\",\"9-9\"]}");
    assertThat(out.toString().trim()).isEqualTo("1 put back, 1 not there");
  }

  @Test
  void purgeNeedsToKnowWhich() {
    assertThat(run("purge")).isEqualTo(2);
    assertThat(run("purge", "--all", "--id", "1-0")).isEqualTo(2);
    assertThat(asked).isEmpty();
    answers.add(object("purged", 3));
    answers.add(object("purged", 2));

    assertThat(run("purge", "--all")).isZero();
    assertThat(run("purge", "--older-than", "2026-01-01T00:00:00Z", "--reason", "lost")).isZero();

    assertThat(asked)
        .containsExactly(
            "POST /api/v1/tenants/acme/dead-letters/purge {\"filter\":{}}",
            "POST /api/v1/tenants/acme/dead-letters/purge"
                + " {\"filter\":{\"reason\":\"lost\",\"olderThan\":\"2026-01-01T00:00:00Z\"}}");
    assertThat(out.toString().lines()).containsExactly("3 deleted", "2 deleted");
  }

  @Test
  void aProblemIsOneLineAndTheStatusIsOne() {
    status = 409;
    answers.add(object("detail", "Not: workers").put("code", "conflict"));

    assertThat(run("redrive", "--all")).isEqualTo(1);
    node.stop(0);
    assertThat(run("list")).isEqualTo(1);

    assertThat(err.toString().lines())
        .hasSize(2)
        .satisfies(
            lines -> {
              assertThat(lines.get(0)).isEqualTo("hongyan: Not: workers (409 conflict)");
              assertThat(lines.get(1)).startsWith("hongyan: cannot reach " + url());
            });
  }

  @Test
  void withoutAKeyOrWithAnAddressThatIsNoneTheCommandLineIsWrong() {
    List<String> list = List.of("dead-letters", "list", "--tenant", "acme");
    List<String> keyed = new ArrayList<>(list);
    keyed.addAll(List.of("--key", "k-1", "--url", "localhost:8080"));
    assertThat(execute(keyed)).isEqualTo(2);
    List<String> spaced = new ArrayList<>(list);
    spaced.addAll(List.of("--key", "two words", "--url", url()));
    assertThat(execute(spaced)).isEqualTo(2);
    assertThat(execute(List.of("dead-letters"))).isEqualTo(2);
    assertThat(execute(List.of("dead-letters", "list"))).isEqualTo(2);
    assertThat(asked).isEmpty();
    assertThat(err.toString()).contains("--url", "a key is needed", "list, show, redrive");
  }
}
