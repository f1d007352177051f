package dev.hongyan.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a real process, as a person or a service manager runs it. */
class CommandLineTest {
  @TempDir Path folder;

  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void end() {
    processes.forEach(Process::destroyForcibly);
    // A store outlives a node that was killed.
    ProcessHandle.allProcesses()
        .filter(p -> p.info().command().filter(c -> c.startsWith(folder.toString())).isPresent())
        .forEach(ProcessHandle::destroyForcibly);
  }

  @Test
  void serveGetsReadyAnswersAndEndsWithinFiveSecondsOfASignal() throws Exception {
    Process serve =
        hongyan(Map.of("HONGYAN_OPERATOR_KEY", "an-operator-key-of-this-test"), "serve");
    JsonObject ready = awaitReady(serve);

    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://127.0.0.1:" + ready.getInteger("management_port") + "/readyz"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);

    // Not Process.destroy(), which would close the streams too.
    assertThat(serve.toHandle().destroy()).isTrue();
    assertThat(serve.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(serve.exitValue()).isEqualTo(143);
    assertThat(err(serve)).isEmpty();
  }

  @Test
  void aRehearsalStartsAndStopsByItself() throws Exception {
    Process serve = hongyan(Map.of(), "serve", "--rehearsal");

    assertThat(serve.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(serve.exitValue()).isZero();
  }

  @Test
  void everyMistakeInTheConfigurationIsALineAndTheStatusIsTwo() throws Exception {
    Files.writeString(folder.resolve("hongyan.yaml"), "retention: {age: x}\nfoo: 1\n");

    Process serve = hongyan(Map.of("HONGYAN_LOG_LEVEL", "shout"), "serve");

    assertThat(serve.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(serve.exitValue()).isEqualTo(2);
    assertThat(err(serve).lines().toList())
        .hasSize(3)
        .allSatisfy(line -> assertThat(line).startsWith("hongyan: "));
  }

  @Test
  void aPortInUseIsOneLineAndTheStatusIsOne() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());

      Process serve = hongyan(Map.of("HONGYAN_MANAGEMENT_PORT", port), "serve");

      assertThat(serve.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(serve.exitValue()).isEqualTo(1);
      assertThat(err(serve).lines())
          .singleElement()
          .asString()
          .startsWith("hongyan: cannot listen on 127.0.0.1:" + port + " (management.port)");
    }
  }

  @Test
  void aWrongCommandLineIsExplainedAndTheStatusIsTwo() throws Exception {
    Process wrong = hongyan(Map.of(), "sevre");
    assertThat(wrong.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(wrong.exitValue()).isEqualTo(2);
    assertThat(err(wrong)).contains("sevre").contains("--help").doesNotContain("\tat ");

    Process none = hongyan(Map.of());
    assertThat(none.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(none.exitValue()).isEqualTo(2);
    assertThat(err(none)).contains("serve");
  }

  @Test
  void selfcheckNamesWhatIsMissing() throws Exception {
    Process well = hongyan(Map.of(), "selfcheck");
    assertThat(well.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(out(well)).contains("ok    configuration").doesNotContain("FAIL");
    assertThat(well.exitValue()).isZero();

    Process ill = hongyan(Map.of("HONGYAN_TENANTS_DIR", "/not/there"), "selfcheck");
    assertThat(ill.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(out(ill)).contains("FAIL  tenants.dir /not/there: cannot be read");
    assertThat(ill.exitValue()).isEqualTo(1);
  }

  @Test
  void deadLettersAreAskedForAtARunningNode() throws Exception {
    String key = "an-operator-key-of-this-test";
    Map<String, String> keys = Map.of("HONGYAN_OPERATOR_KEY", key, "HONGYAN_KEY", key);
    int port = awaitReady(hongyan(keys, "serve")).getInteger("http_port");
    String url = "http://127.0.0.1:" + port;
    HttpRequest create =
        HttpRequest.newBuilder(URI.create(url + "/api/v1/tenants"))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"id\":\"acme\"}"))
            .build();
    assertThat(
            HttpClient.newHttpClient()
                .send(create, HttpResponse.BodyHandlers.discarding())
                .statusCode())
        .isEqualTo(201);

    Process redrive =
        hongyan(keys, "dead-letters", "redrive", "--url", url, "--tenant", "acme", "--id", "1-1");
    Process other = hongyan(keys, "dead-letters", "list", "--url", url, "--tenant", "bolt");

    assertThat(redrive.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(err(redrive)).isEmpty();
    assertThat(out(redrive)).isEqualTo("0 put back, 1 not there" + System.lineSeparator());
    assertThat(redrive.exitValue()).isZero();
    assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(err(other).lines())
        .containsExactly("hongyan: There is no such tenant (404 not-found)");
    assertThat(other.exitValue()).isEqualTo(1);
  }

  @Test
  void versionTellsOursAndJavas() throws Exception {
    Process version = hongyan(Map.of(), "version");

    assertThat(version.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(out(version))
        .containsPattern("^hongyan \\d+\\.\\d+\\.\\d+")
        .contains("java " + Runtime.version());
    assertThat(version.exitValue()).isZero();
  }

  private Process hongyan(Map<String, String> environment, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("dev.hongyan.deploy.Hongyan");
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("HONGYAN_"));
    builder.environment().put("HONGYAN_HTTP_PORT", "0");
    builder.environment().put("HONGYAN_MANAGEMENT_PORT", "0");
    builder.environment().put("HONGYAN_STORE_DIR", folder.resolve("store").toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** Reads the log until the node says that it is ready; a dead process ends the log. */
  private static JsonObject awaitReady(Process process) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject json = new JsonObject(line);
      if ("ready".equals(json.getString("msg"))) {
        return json;
      }
    }
    throw new AssertionError("never ready: " + err(process));
  }

  private static String out(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String err(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
