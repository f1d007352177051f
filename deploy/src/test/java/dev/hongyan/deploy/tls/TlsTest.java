package dev.hongyan.deploy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.client.ClientEvent;
import dev.hongyan.client.HongyanClient;
import dev.hongyan.client.Publish;
import dev.hongyan.client.State;
import dev.hongyan.client.SubscribeOptions;
import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import dev.hongyan.deploy.node.Node;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
  private static final String KEY = "operator-key-of-the-tls-tests";
  private static final int SECONDS = 60;

  @TempDir static Path made;
  private static Certificates.Made first;
  private static Certificates.Made second;

  @TempDir Path dir;
  private Node node;
  private HttpClient http;

  @BeforeAll
  static void make() throws Exception {
    first = Certificates.make(made, "first", "RSA", 90);
    second = Certificates.make(made, "second", "EC", 3);
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      await(node.stop());
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
  }

  private void start(Map<String, String> more) throws Exception {
    first.into(dir, "tls");
    node = await(Node.start(config(more)));
    http = trusting(null, first, second);
  }

  private static HttpClient trusting(Certificates.Made own, Certificates.Made... servers)
      throws Exception {
    return HttpClient.newBuilder()
        .sslContext(Certificates.trusting(own, servers))
        .sslParameters(new SSLParameters())
        .build();
  }

  private Config config(Map<String, String> more) throws ConfigException {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "HONGYAN_OPERATOR_KEY",
                KEY,
                "HONGYAN_HTTP_HOST",
                "127.0.0.1",
                "HONGYAN_HTTP_PORT",
                "0",
                "HONGYAN_MANAGEMENT_PORT",
                "0",
                "HONGYAN_STORE_DIR",
                dir.resolve("s").toString(),
                "HONGYAN_TLS_CERTIFICATE",
                dir.resolve("tls.crt").toString(),
                "HONGYAN_TLS_KEY",
                dir.resolve("tls.key").toString()));
    environment.putAll(more);
    return Config.read(null, environment);
  }

  private static <T> T until(Callable<T> is) throws Exception {
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    for (T got = is.call(); ; got = is.call()) {
      if (got != null) {
        return got;
      }
      assertThat(System.nanoTime()).as("it never came to that").isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  private HttpResponse<String> ask(String method, String path, JsonObject body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("https://127.0.0.1:" + node.platform().httpPort() + "/api/v1" + path))
            .header("Authorization", "Bearer " + KEY);
    return http.send(
        (body == null
                ? request.method(method, HttpRequest.BodyPublishers.noBody())
                : request
                    .header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(body.encode())))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private String management(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.managementPort() + path))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** What a new connection is shown. */
  private X509Certificate shown(int port) throws Exception {
    SSLContext context = Certificates.trusting(null, first, second);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.startHandshake();
      SSLSession session = socket.getSession();
      return (X509Certificate) session.getPeerCertificates()[0];
    }
  }

  private HongyanClient client(String name, Queue<State> states) throws Exception {
    String token =
        new JsonObject(
                ask(
                        "POST",
                        "/tenants/acme/client-tokens",
                        new JsonObject()
                            .put("subject", name)
                            .put("topics", new JsonArray().add("#"))
                            .put("publish", new JsonArray().add("app.#")))
                    .body())
            .getString("token");
    return HongyanClient.builder(
            URI.create("wss://127.0.0.1:" + node.platform().httpPort() + "/ws/v1"))
        .client(name)
        .http(http)
        .token(() -> CompletableFuture.completedFuture(token))
        .onEvent(
            event -> {
              if (event instanceof ClientEvent.StateChanged changed) {
                states.add(changed.state());
              }
            })
        .connect();
  }

  @Test
  void aSessionLivesOnWhenTheCertificateChangesAndNewConnectionsSeeTheNewOne() throws Exception {
    start(Map.of());
    assertThat(ask("POST", "/tenants", new JsonObject().put("id", "acme")).statusCode())
        .isEqualTo(201);
    assertThat(ask("GET", "/tenants", null).headers().firstValue("strict-transport-security"))
        .hasValue("max-age=31536000");
    Queue<State> states = new ConcurrentLinkedQueue<>();
    List<HongyanClient> clients = new ArrayList<>();
    List<BlockingQueue<String>> received = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      HongyanClient each = client("c" + i, states);
      BlockingQueue<String> got = new LinkedBlockingQueue<>();
      each.subscribe(
              SubscribeOptions.live("all", "app.#"),
              message -> {
                got.add(message.event().data().toString());
                return null;
              })
          .ready()
          .get(SECONDS, TimeUnit.SECONDS);
      clients.add(each);
      received.add(got);
    }
    String text = "鸿".repeat(5_000); // larger than a TLS record, beside small ones
    exchange(clients, received, text, 0);
    assertThat(shown(node.platform().httpPort())).isEqualTo(first.certificate());

    // As a mounted Secret changes: another folder behind the link, in one step.
    second.into(dir, "tls");
    until(
        () -> shown(node.platform().httpPort()).equals(second.certificate()) ? Boolean.TRUE : null);
    exchange(clients, received, text, 100);
    assertThat(states).doesNotContain(State.WAITING, State.CLOSED);
    assertThat(management("/healthz")).contains("the certificate ends at");
    assertThat(Double.parseDouble(metric("hongyan_tls_days_left"))).isBetween(1.0, 3.0);

    Files.writeString(dir.resolve("tls.key"), first.keyPem());
    until(
        () ->
            management("/healthz").contains("the certificate in use stays") ? Boolean.TRUE : null);
    assertThat(shown(node.platform().httpPort())).isEqualTo(second.certificate());
    exchange(clients, received, text, 200);
    clients.forEach(HongyanClient::close);
  }

  private String metric(String name) throws Exception {
    return management("/metrics")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .findFirst()
        .orElseThrow()
        .substring(name.length() + 1);
  }

  private static void exchange(
      List<HongyanClient> clients, List<BlockingQueue<String>> received, String text, int from)
      throws Exception {
    for (int i = from; i < from + 40; i++) {
      String data = i % 4 == 0 ? "text " + text : "small " + i;
      var unused = clients.get(i % clients.size()).publish(Publish.of("app.x", null, data));
    }
    for (BlockingQueue<String> got : received) {
      for (int i = 0; i < 40; i++) {
        String one = got.poll(SECONDS, TimeUnit.SECONDS);
        assertThat(one).isNotNull();
        if (one.contains("text")) {
          assertThat(one).contains(text);
        }
      }
    }
  }

  @Test
  void aPortThatRequiresClientCertificatesLetsNobodyElseIn() throws Exception {
    Certificates.Made client = Certificates.make(dir, "client", "EC", 3).into(dir, "client");
    start(
        Map.of(
            "HONGYAN_MANAGEMENT_TLS_CERTIFICATE", dir.resolve("tls.crt").toString(),
            "HONGYAN_MANAGEMENT_TLS_KEY", dir.resolve("tls.key").toString(),
            "HONGYAN_MANAGEMENT_TLS_CLIENT_CA", dir.resolve("client.crt").toString(),
            "HONGYAN_MANAGEMENT_TLS_CLIENT_AUTH", "required",
            "HONGYAN_MANAGEMENT_TLS_MIN_VERSION", "1.3"));
    HttpRequest live =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + node.managementPort() + "/livez"))
            .build();
    assertThat(
            trusting(client, first).send(live, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
    assertThatThrownBy(() -> trusting(null, first).send(live, HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(
            () -> trusting(second, first).send(live, HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void mistakesInTheFilesAreToldWithAllOthersBeforeAPortOpens() throws Exception {
    first.into(dir, "tls");
    Files.writeString(dir.resolve("other.key"), second.keyPem());
    Files.writeString(dir.resolve("none.crt"), "nothing");
    assertThatThrownBy(
            () ->
                config(
                    Map.of(
                        "HONGYAN_TLS_KEY", dir.resolve("other.key").toString(),
                        "HONGYAN_TLS_CLIENT_AUTH", "required",
                        "HONGYAN_MANAGEMENT_TLS_CERTIFICATE", dir.resolve("none.crt").toString(),
                        "HONGYAN_MANAGEMENT_TLS_KEY", dir.resolve("absent.key").toString(),
                        "HONGYAN_TLS_MIN_VERSION", "1.1")))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(String.join("\n", e.problems()))
                    .contains("tls.key: " + dir.resolve("other.key") + " holds no RSA key")
                    .contains("tls.clientAuth needs tls.clientCa")
                    .contains("is not one of 1.2, 1.3")
                    .contains("management.tls.certificate: " + dir.resolve("none.crt")));
    Certificates.make(dir, "third", "RSA", 3).into(dir, "third");
    assertThatThrownBy(() -> config(Map.of("HONGYAN_TLS_KEY", dir.resolve("third.key").toString())))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e -> assertThat(e.problems().toString()).contains("does not belong to"));
    Files.delete(dir.resolve("tls.key"));
    assertThatThrownBy(() -> config(Map.of()))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e -> assertThat(e.problems().toString()).contains("tls.key is not there"));
  }

  @Test
  void keysInTheOlderFormsAreRead() throws Exception {
    // PKCS#8 is a version, the kind of key and, as the last part, the older form itself.
    for (Certificates.Made each : List.of(first, second)) {
      each.into(dir, "tls");
      byte[] pkcs8 = Base64.getMimeDecoder().decode(body(each.keyPem()));
      boolean rsa = each == first;
      int at = lastOctets(pkcs8, rsa);
      byte[] inner = Arrays.copyOfRange(pkcs8, at, pkcs8.length);
      Files.writeString(
          dir.resolve("tls.key"),
          Certificates.pem((rsa ? "RSA" : "EC") + " PRIVATE KEY", inner),
          StandardOpenOption.TRUNCATE_EXISTING);
      assertThat(config(Map.of()).tls()).isNotNull();
    }
  }

  private static String body(String pem) {
    return pem.replaceAll("-----[A-Z ]+-----", "");
  }

  /** Where the sequence inside the octet string of a PKCS#8 key begins. */
  private static int lastOctets(byte[] pkcs8, boolean rsa) {
    for (int i = 4; i < pkcs8.length; i++) {
      int lengthBytes = rsa ? 3 : 1;
      if (pkcs8[i] == 0x04 && pkcs8[i + 1 + lengthBytes] == 0x30) {
        return i + 1 + lengthBytes;
      }
    }
    throw new IllegalStateException("no octet string");
  }
}
