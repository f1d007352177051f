package dev.hongyan.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.node.Node;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The master key changes under load on two nodes; then the store is searched for every secret. */
class KeysCommandTest {
  private static final String OPERATOR = "canary-operator-key-of-keys";
  private static final String APP_SECRET = "canaryAppSecret9999999999999999";
  private static final String TOKEN = "canaryPushToken9";
  private static final String AES_KEY = "canaryAesKey9999999999999999999999999999999";
  private static final String WHSEC =
      "whsec_"
          + Base64.getEncoder()
              .encodeToString("canary-destination-secret-9999".getBytes(StandardCharsets.US_ASCII));
  private static final String WHSEC_FRESH =
      "whsec_"
          + Base64.getEncoder()
              .encodeToString("canary-fresh-destination-9999".getBytes(StandardCharsets.US_ASCII));
  private static final String ISSUER_SECRET = "canary-issuer-secret-of-32-bytes-9999";
  private static final String ISSUER_FRESH = "canary-issuer-secret-anew-32-bytes-9999";
  private static final int SECONDS = 90;

  @TempDir Path dir;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answered = new AtomicInteger();

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
  }

  private Node start(Map<String, String> more) throws Exception {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "HONGYAN_OPERATOR_KEY", OPERATOR,
                "HONGYAN_HTTP_HOST", "127.0.0.1",
                "HONGYAN_HTTP_PORT", "0",
                "HONGYAN_MANAGEMENT_PORT", "0"));
    environment.putAll(more);
    return await(Node.start(Config.read(null, environment)));
  }

  private JsonObject ask(int port, String method, String path, JsonObject body) throws Exception {
    return ask(port, method, path, OPERATOR, body);
  }

  private JsonObject ask(int port, String method, String path, String credential, JsonObject body)
      throws Exception {
    String answer = text(port, method, path, credential, body);
    return answer.isEmpty() ? new JsonObject() : new JsonObject(answer);
  }

  private String text(int port, String method, String path, String credential, JsonObject body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1" + path))
            .header("Authorization", "Bearer " + credential);
    if (body != null) {
      request.header("Content-Type", "application/json");
      request.header("Idempotency-Key", "k" + answered.get() + "-" + body.hashCode());
    }
    HttpResponse<String> answer =
        http.send(
            request
                .method(
                    method,
                    body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body.encode()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    answered.incrementAndGet();
    if (answer.statusCode() >= 300) {
      failures.add(method + " " + path + " " + answer.statusCode() + " " + answer.body());
      return "";
    }
    return answer.body();
  }

  /** Walks a whole audit chain; {@code path} is empty or {@code /tenants/<id>}. */
  private void verify(int port, String path) throws Exception {
    String next = "0";
    while (next != null) {
      JsonObject said = ask(port, "GET", path + "/audit/verify?after=" + next, null);
      if (!said.getBoolean("ok", false)) {
        failures.add(path + "/audit is broken: " + said);
        return;
      }
      next = said.getString("next");
    }
  }

  /** As the tenant's own issuer makes them. */
  private static String jwt(String secret) throws JOSEException {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader(JWSAlgorithm.HS256),
            new JWTClaimsSet.Builder()
                .issuer("https://idp.example")
                .audience("hongyan:acme")
                .subject("ann")
                .claim("role", "admin")
                .expirationTime(new Date(System.currentTimeMillis() + 3_600_000))
                .build());
    jwt.sign(new MACSigner(secret));
    return jwt.serialize();
  }

  private boolean isAccepted(int port, String credential) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/tenants/acme/keys"))
            .header("Authorization", "Bearer " + credential)
            .build();
    boolean is = http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
    if (!is) {
      LockSupport.parkNanos(400_000_000); // too many wrong ones would be slowed
    }
    return is;
  }

  private String said = "";

  private int run(String... args) {
    StringWriter out = new StringWriter();
    CommandLine command =
        Commands.line().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(out, true));
    int status = command.execute(args);
    said = out.toString();
    return status;
  }

  private int status(int port) {
    return run("keys", "status", "--url", "http://127.0.0.1:" + port, "--key", OPERATOR);
  }

  @Test
  void theMasterKeyChangesUnderLoadAndNoSecretIsInTheStoreButSealedOrHashed() throws Exception {
    Node a = start(Map.of("HONGYAN_STORE_DIR", dir.resolve("s").toString()));
    Node b =
        start(
            Map.of(
                "HONGYAN_STORE_DIR", dir.resolve("s2").toString(),
                "HONGYAN_STORE_REDIS", Files.readString(dir.resolve("s/redis/address")).strip(),
                "HONGYAN_MASTER_KEY_FILE", dir.resolve("s/master.key").toString()));
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> load = new ArrayList<>();
    try {
      int one = a.platform().httpPort();
      int two = b.platform().httpPort();
      List<String> canaries = fill(one);
      Path config = Files.writeString(dir.resolve("h.yaml"), "store.dir: " + dir.resolve("s"));
      Path file = dir.resolve("s/master.key");
      canaries.add(Files.readString(file).strip());
      // The other node hears of a change within a second.
      until(() -> isAccepted(two, jwt(ISSUER_FRESH)));
      for (int port : new int[] {one, two}) {
        Thread each = new Thread(() -> load(port, over), "load-" + port);
        each.start();
        load.add(each);
      }
      until(() -> status(one) == 0);
      String old = said.substring(4, 12);
      assertThat(run("keys", "retire", old, "-c", config.toString(), "--key", OPERATOR, url(one)))
          .isEqualTo(1);
      assertThat(said).contains("it is the key that seals");

      assertThat(run("keys", "rotate", "-c", config.toString())).isZero();
      canaries.addAll(
          Files.readAllLines(file).stream()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.substring(9))
              .toList());
      until(() -> status(two) == 0 && said.contains("key " + old + "  sealed 0"));
      assertThat(said).contains("  seals since ").doesNotContain("waits");
      int before = answered.get();
      until(() -> answered.get() > before + 50);
      over.set(true);
      for (Thread each : load) {
        each.join(SECONDS * 1_000L);
      }
      assertThat(failures).isEmpty();

      for (int port : new int[] {one, two}) {
        for (String chain : new String[] {"", "/tenants/acme"}) {
          verify(port, chain);
        }
        var unused = ask(port, "GET", "/tenants/acme/keys", jwt(ISSUER_FRESH), null);
      }
      assertThat(failures).isEmpty();
      for (String export :
          new String[] {"/audit/export", "/tenants/acme/audit/export", "/tenants/acme/export"}) {
        String exported = text(two, "GET", export, OPERATOR, null);
        assertThat(exported).contains("acme");
        for (String canary : canaries) {
          assertThat(exported).as(export).doesNotContain(canary);
        }
      }

      String dump = dump();
      assertThat(dump).contains("audit-head", "section:issuers", "section:destinations");
      assertThat(dump).contains("v1:").doesNotContain("v1:" + old);
      assertThat(canaries).hasSizeGreaterThan(13);
      for (String canary : canaries) {
        assertThat(dump).doesNotContain(canary);
      }
      until(() -> !disk().contains("v1:" + old));
      String disk = disk();
      for (String canary : canaries) {
        assertThat(disk).doesNotContain(canary);
      }

      assertThat(run("keys", "retire", old, "-c", config.toString(), "--key", OPERATOR, url(one)))
          .isEqualTo(1);
      assertThat(said).contains("callers of the proxy");
      assertThat(
              run(
                  "keys",
                  "retire",
                  old,
                  "--now",
                  "-c",
                  config.toString(),
                  "--key",
                  OPERATOR,
                  url(one)))
          .isZero();
      until(() -> status(one) == 0 && !said.contains(old));
      assertThat(ask(two, "GET", "/tenants/acme/accounts/shop", null).getString("id"))
          .isEqualTo("shop");
      var unused = ask(two, "GET", "/tenants/acme/keys", jwt(ISSUER_FRESH), null);
      unused = ask(two, "PATCH", "/tenants/acme", new JsonObject().put("name", "after"));
      for (String chain : new String[] {"", "/tenants/acme"}) {
        verify(one, chain);
      }
      assertThat(failures).isEmpty();
    } finally {
      over.set(true);
      await(b.stop());
      await(a.stop());
    }
  }

  private static String url(int port) {
    return "--url=http://127.0.0.1:" + port;
  }

  /** Gives secrets wherever one can; gives those, and what was made in return. */
  private List<String> fill(int port) throws Exception {
    var unused = ask(port, "POST", "/tenants", new JsonObject().put("id", "acme"));
    unused =
        ask(
            port,
            "POST",
            "/tenants/acme/accounts",
            new JsonObject()
                .put("id", "shop")
                .put("kind", "mp")
                .put("appId", "wx00000000000000aa")
                .put("secret", APP_SECRET)
                .put("token", TOKEN)
                .put("encodingAesKey", AES_KEY));
    unused =
        ask(
            port,
            "POST",
            "/tenants/acme/destinations",
            new JsonObject()
                .put("id", "crm")
                .put("url", "https://crm.example.com/in")
                .put("topics", new JsonArray().add("wx.#"))
                .put("secret", WHSEC));
    JsonObject rotated =
        ask(
            port,
            "POST",
            "/tenants/acme/destinations/crm/rotate-secret",
            new JsonObject().put("overlapSeconds", 3_600));
    unused =
        ask(
            port,
            "PATCH",
            "/tenants/acme/destinations/crm",
            new JsonObject().put("secret", WHSEC_FRESH));
    unused =
        ask(
            port,
            "POST",
            "/tenants/acme/issuers",
            new JsonObject()
                .put("id", "idp")
                .put("issuer", "https://idp.example")
                .put("secret", ISSUER_SECRET));
    unused = ask(port, "GET", "/tenants/acme/keys", jwt(ISSUER_SECRET), null);
    unused =
        ask(
            port,
            "PATCH",
            "/tenants/acme/issuers/idp",
            new JsonObject().put("secret", ISSUER_FRESH));
    JsonObject key = ask(port, "POST", "/tenants/acme/keys", new JsonObject().put("role", "admin"));
    JsonObject turned =
        ask(
            port,
            "POST",
            "/tenants/acme/keys/" + key.getString("id") + "/rotate",
            new JsonObject().put("overlapSeconds", 3_600));
    JsonObject token =
        ask(
            port,
            "POST",
            "/tenants/acme/client-tokens",
            new JsonObject().put("subject", "s").put("topics", new JsonArray().add("#")));
    assertThat(failures).isEmpty();
    return new ArrayList<>(
        List.of(
            OPERATOR,
            APP_SECRET,
            TOKEN,
            AES_KEY,
            WHSEC,
            rotated.getString("secret"),
            WHSEC_FRESH,
            ISSUER_SECRET,
            ISSUER_FRESH,
            key.getString("secret"),
            turned.getString("secret"),
            token.getString("token")));
  }

  /** Reads and writes what is sealed, over and over. */
  private void load(int port, AtomicBoolean over) {
    try {
      for (int i = 0; !over.get(); i++) {
        var unused = ask(port, "GET", "/tenants/acme/accounts/shop", null);
        unused =
            ask(
                port,
                "POST",
                "/tenants",
                new JsonObject().put("id", "t" + port + "-" + i).put("name", "n"));
        unused =
            ask(
                port,
                "POST",
                "/tenants/t" + port + "-" + i + "/accounts",
                new JsonObject()
                    .put("id", "a")
                    .put("kind", "mp")
                    .put("appId", "wx1")
                    .put("token", TOKEN));
        // The heads of the chains are sealed anew between these, or the chains have grown.
        verify(port, "/tenants/t" + port + "-" + i);
        verify(port, "/tenants/acme");
        unused = ask(port, "GET", "/tenants/acme/keys", jwt(ISSUER_FRESH), null);
        if (i % 50 == 0) {
          verify(port, "");
        }
        LockSupport.parkNanos(2_000_000);
      }
    } catch (Exception e) {
      failures.add(e.toString());
    }
  }

  private interface Check {
    boolean is() throws Exception;
  }

  private void until(Check check) throws Exception {
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    while (!check.is()) {
      assertThat(System.nanoTime()).as("it never came to that; %s", said).isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  /** Everything in the store. */
  private String dump() throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    try {
      String address = Files.readString(dir.resolve("s/redis/address")).strip();
      RedisLink link = RedisLink.open(vertx, StoreOptions.embedded(dir).withRedis(address));
      await(link.ready());
      StringBuilder all = new StringBuilder();
      for (Response key : await(link.send(Request.cmd(Command.KEYS).arg("*")))) {
        String name = key.toString();
        Request read =
            switch (await(link.send(Request.cmd(Command.TYPE).arg(name))).toString()) {
              case "string" -> Request.cmd(Command.GET).arg(name);
              case "hash" -> Request.cmd(Command.HGETALL).arg(name);
              case "zset" -> Request.cmd(Command.ZRANGE).arg(name).arg(0).arg(-1);
              case "set" -> Request.cmd(Command.SMEMBERS).arg(name);
              case "list" -> Request.cmd(Command.LRANGE).arg(name).arg(0).arg(-1);
              default -> Request.cmd(Command.XRANGE).arg(name).arg("-").arg("+");
            };
        all.append(name).append(' ').append(await(link.send(read))).append('\n');
      }
      await(link.close());
      return all.toString();
    } finally {
      await(vertx.close());
    }
  }

  /** Every file of the store's folder but that of the master keys. */
  private String disk() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(dir.resolve("s"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.getFileName().toString().startsWith("master.key")
            && Files.size(file) < 64 << 20
            && !Files.isExecutable(file)) {
          all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        }
      }
    } catch (java.io.UncheckedIOException | java.nio.file.NoSuchFileException gone) {
      // A file that went while it was read: the caller looks again.
      return "v1:";
    }
    return all.toString();
  }
}
