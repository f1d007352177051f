package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Destination;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.format.EventFormat;
import io.cloudevents.core.provider.EventFormatProvider;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PfxOptions;
import java.net.InetAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against real servers on loopback. Time stands still, so nothing times out unless it is moved. */
class DestinationClientTest {
  private static final long START = 1_700_000_000_000L;
  private static Vertx vertx;

  private final ManualTime time = new ManualTime(START);
  private final List<String> names = new CopyOnWriteArrayList<>();
  private final List<Future<?>> servers = new ArrayList<>();
  private volatile String addressOfNames = "127.0.0.1";
  private Context loop;
  private DestinationClient client;

  @BeforeAll
  static void open() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void close() throws Exception {
    get(vertx.close());
  }

  @BeforeEach
  void makeClient() throws Exception {
    loop = vertx.getOrCreateContext();
    client = client(time, DestinationClient.options());
  }

  @AfterEach
  void closeAll() throws Exception {
    get(client.close());
    for (Future<?> server : servers) {
      Object s = get(server);
      if (s instanceof HttpServer http) {
        get(http.close());
      } else if (s instanceof NetServer net) {
        get(net.close());
      }
    }
  }

  @Test
  void aServiceGetsTheEventSignedAndNamed() throws Exception {
    CompletableFuture<HttpServerRequest> seen = new CompletableFuture<>();
    CompletableFuture<Buffer> body = new CompletableFuture<>();
    int port =
        http(
            r -> {
              seen.complete(r);
              r.body()
                  .onSuccess(
                      b -> {
                        body.complete(b);
                        r.response().end("{\"reply\":{\"type\":\"text\"}}");
                      });
            });
    LogEntry entry = Deliveries.entry();

    AttemptResult result = send("http://dest.test:" + port + "/hook/a%20b?k=v&x=%2F", entry, 3);

    assertThat(result.outcome()).isEqualTo(Outcome.DELIVERED);
    assertThat(result.status()).isEqualTo(200);
    assertThat(result.error()).isEmpty();
    assertThat(new String(result.bodyPrefix(), StandardCharsets.UTF_8))
        .isEqualTo("{\"reply\":{\"type\":\"text\"}}");
    HttpServerRequest r = seen.get();
    assertThat(r.method().name()).isEqualTo("POST");
    assertThat(r.uri()).isEqualTo("/hook/a%20b?k=v&x=%2F");
    assertThat(r.getHeader("host")).isEqualTo("dest.test:" + port);
    assertThat(r.getHeader("content-type"))
        .isEqualTo("application/cloudevents+json; charset=UTF-8");
    assertThat(r.getHeader("content-length")).isEqualTo("" + entry.event().length);
    assertThat(r.getHeader("user-agent")).isEqualTo("Hongyan/1.2.3");
    assertThat(r.getHeader("traceparent")).isEqualTo(Deliveries.TRACEPARENT);
    assertThat(r.getHeader("x-tenant-id")).isEqualTo("acme");
    assertThat(r.getHeader("x-hongyan-attempt")).isEqualTo("3");
    assertThat(r.getHeader("webhook-id")).isEqualTo(Long.toString(Deliveries.ID));
    assertThat(r.getHeader("webhook-timestamp")).isEqualTo("" + START / 1000);
    assertThat(body.get().getBytes()).isEqualTo(entry.event());
  }

  @Test
  void whatArrivesIsVerifiedAndReadByLibrariesOfOthers() throws Exception {
    CompletableFuture<Map<String, List<String>>> headers = new CompletableFuture<>();
    CompletableFuture<Buffer> body = new CompletableFuture<>();
    int port =
        http(
            r -> {
              headers.complete(
                  r.headers().entries().stream()
                      .collect(
                          Collectors.toMap(
                              e -> e.getKey().toLowerCase(java.util.Locale.ROOT),
                              e -> List.of(e.getValue()))));
              r.body().onSuccess(body::complete).onSuccess(b -> r.response().end());
            });
    // The library wants a timestamp of today.
    DestinationClient now =
        client(new ManualTime(Clock.system().wallMillis()), DestinationClient.options());

    AttemptResult result =
        send(now, Deliveries.destination("http://127.1:" + port), Deliveries.entry(), 1);

    assertThat(result.delivered()).isTrue();
    new Webhook(Deliveries.SECRET)
        .verify(body.get().toString(), HttpHeaders.of(headers.get(), (name, value) -> true));
    EventFormat format =
        EventFormatProvider.getInstance().resolveFormat(headers.get().get("content-type").get(0));
    CloudEvent event = format.deserialize(body.get().getBytes());
    assertThat(event.getId()).isEqualTo(Long.toString(Deliveries.ID));
    assertThat(event.getType()).isEqualTo("wx.mp.message.text");
    assertThat(event.getExtension("tenant")).isEqualTo("acme");
    get(now.close());
  }

  @Test
  void answersMeanWhatTheySay() throws Exception {
    int port =
        http(
            r -> {
              r.response().setStatusCode(Integer.parseInt(r.path().substring(1)));
              if (r.getParam("after") != null) {
                r.response().putHeader("Retry-After", r.getParam("after"));
              }
              if (r.getParam("never") != null) {
                r.response().putHeader("X-Hongyan-Retry", "never");
              }
              if (r.getParam("disable") != null) {
                r.response().putHeader("X-Hongyan-Disable", "true");
              }
              r.response().end("said");
            });
    String to = "http://dest.test:" + port;

    assertThat(send(to + "/500").outcome()).isEqualTo(Outcome.RETRY);
    assertThat(send(to + "/500").error()).isEqualTo("http 500");
    assertThat(send(to + "/500").bodyPrefix()).asString().isEqualTo("said");
    assertThat(send(to + "/410").outcome()).isEqualTo(Outcome.GONE);
    assertThat(send(to + "/429?after=90").retryAfter()).isEqualTo(Duration.ofSeconds(90));
    assertThat(send(to + "/503?after=Tue,%2014%20Nov%202023%2022:14:20%20GMT").retryAfter())
        .isEqualTo(Duration.ofMinutes(1));
    assertThat(send(to + "/400?never=1").outcome()).isEqualTo(Outcome.NEVER);
    assertThat(send(to + "/200?disable=1").disable()).isTrue();
    assertThat(send(to + "/204").outcome()).isEqualTo(Outcome.DELIVERED);
  }

  @Test
  void redirectsAreNotFollowed() throws Exception {
    List<String> paths = new CopyOnWriteArrayList<>();
    int port =
        http(
            r -> {
              paths.add(r.path());
              r.response().setStatusCode(307).putHeader("location", "/elsewhere").end();
            });

    AttemptResult result = send("http://dest.test:" + port + "/here");

    assertThat(result.outcome()).isEqualTo(Outcome.RETRY);
    assertThat(result.error()).isEqualTo("http 307");
    assertThat(paths).containsExactly("/here");
  }

  @Test
  void aConnectionIsUsedAgain() throws Exception {
    Set<String> peers = java.util.Collections.synchronizedSet(new HashSet<>());
    int port =
        http(
            r -> {
              peers.add(r.remoteAddress().toString());
              r.response().end("{}");
            });
    for (int i = 0; i < 5; i++) {
      assertThat(send("http://dest.test:" + port).delivered()).isTrue();
    }
    assertThat(peers).hasSize(1);
  }

  @Test
  void anAnswerThatDoesNotComeInTimeIsNotWaitedForAndItsConnectionIsClosed() throws Exception {
    CompletableFuture<HttpServerRequest> asked = new CompletableFuture<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    int port =
        http(
            r -> {
              r.connection().closeHandler(closed::complete);
              asked.complete(r);
            });
    CompletableFuture<AttemptResult> result =
        begin(client, Deliveries.destination("http://dest.test:" + port), Deliveries.entry(), 1);
    asked.get(20, TimeUnit.SECONDS);
    assertThat(result).isNotDone();

    advance(Duration.ofSeconds(15));

    AttemptResult timedOut = result.get(20, TimeUnit.SECONDS);
    assertThat(timedOut.outcome()).isEqualTo(Outcome.RETRY_SLOWLY);
    assertThat(timedOut.error()).isEqualTo("timeout");
    assertThat(timedOut.status()).isZero();
    assertThat(timedOut.took()).isEqualTo(Duration.ofSeconds(15));
    assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void anAnswerThatNeverEndsIsNotCountedEitherThoughItBeganWell() throws Exception {
    CompletableFuture<NetSocket> asked = new CompletableFuture<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    int port =
        tcp(
            s -> {
              s.closeHandler(closed::complete);
              s.handler(
                  b ->
                      s.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{")
                          .onSuccess(v -> asked.complete(s)));
            });
    CompletableFuture<AttemptResult> result =
        begin(client, Deliveries.destination("http://dest.test:" + port), Deliveries.entry(), 1);
    asked.get(20, TimeUnit.SECONDS);

    advance(Duration.ofSeconds(15));

    assertThat(result.get(20, TimeUnit.SECONDS).error()).isEqualTo("timeout");
    assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void nothingStaysBehindAfterAnAttempt() throws Exception {
    int port = http(r -> r.response().end());
    assertThat(send("http://dest.test:" + port).delivered()).isTrue();
    assertThat(onLoop(time::pending)).isZero();
  }

  @Test
  void aConnectionThatIsDroppedIsAFailureToRetry() throws Exception {
    int resets = tcp(s -> s.handler(b -> close(s)));
    int half =
        tcp(
            s ->
                s.handler(
                    b -> s.end(Buffer.buffer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"))));

    for (int port : new int[] {resets, half}) {
      AttemptResult result = send("http://dest.test:" + port);
      assertThat(result.outcome()).isEqualTo(Outcome.RETRY);
      assertThat(result.error()).isIn("connection closed", "connection reset");
    }
  }

  @Test
  void whatDoesNotSpeakHttpIsAFailureToRetry() throws Exception {
    int port = tcp(s -> s.write("SSH-2.0-OpenSSH_9.6\r\n\r\n"));

    AttemptResult result = send("http://dest.test:" + port);

    assertThat(result.outcome()).isEqualTo(Outcome.RETRY);
    assertThat(result.error()).doesNotContain("SSH").isNotEmpty();
  }

  @Test
  void aClosedPortIsRefused() throws Exception {
    int port = tcp(s -> {});
    NetServer server = (NetServer) get(servers.remove(servers.size() - 1));
    get(server.close());

    AttemptResult result = send("http://dest.test:" + port);

    assertThat(result.outcome()).isEqualTo(Outcome.RETRY);
    assertThat(result.error()).isEqualTo("connect: refused");
  }

  @Test
  void ofALongAnswerThePrefixIsKept() throws Exception {
    int port = http(r -> r.response().end("x".repeat(40_000)));

    AttemptResult result = send("http://dest.test:" + port);

    assertThat(result.outcome()).isEqualTo(Outcome.DELIVERED);
    assertThat(result.bodyPrefix()).hasSize(16 * 1024).containsOnly('x');
  }

  @Test
  void anAnswerThatGoesOnAndOnIsCutOffAndItsConnectionClosed() throws Exception {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Buffer much = Buffer.buffer("y".repeat(32 * 1024));
    int port =
        http(
            r -> {
              r.connection().closeHandler(closed::complete);
              r.response().setStatusCode(500).setChunked(true);
              pour(r, much);
            });

    AttemptResult result = send("http://dest.test:" + port);

    assertThat(result.error()).isEqualTo("http 500");
    assertThat(result.bodyPrefix()).hasSize(16 * 1024);
    assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void compressedAnswersAreLeftAsTheyAre() throws Exception {
    byte[] bomb = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3};
    int port =
        http(
            r -> {
              assertThat(r.getHeader("accept-encoding")).isNull();
              r.response().putHeader("content-encoding", "gzip").end(Buffer.buffer(bomb));
            });

    assertThat(send("http://dest.test:" + port).bodyPrefix()).isEqualTo(bomb);
  }

  @Test
  void aNameThatChangesItsMindAfterTheCheckIsNotFollowed() throws Exception {
    List<String> hits = new CopyOnWriteArrayList<>();
    int port = http(r -> answer(r, hits, "checked"));
    HttpServer other =
        get(
            vertx
                .createHttpServer()
                .requestHandler(r -> answer(r, hits, "rebound"))
                .listen(port, "127.0.0.2"));
    servers.add(Future.succeededFuture(other));
    String to = "http://dest.test:" + port;

    assertThat(send(to).delivered()).isTrue();
    addressOfNames = "127.0.0.2"; // what anybody who asks from now on is told
    assertThat(send(to).delivered()).isTrue();
    assertThat(hits).containsExactly("checked", "checked");
    assertThat(names).containsExactly("dest.test");

    // Checked anew it is another address, and the connection to the old one is not taken for it.
    advance(Duration.ofSeconds(30));
    assertThat(send(to).delivered()).isTrue();
    assertThat(hits).containsExactly("checked", "checked", "rebound");
    assertThat(names).hasSize(2);
  }

  @Test
  void privateAddressesAreRefusedAndNothingIsSent() throws Exception {
    List<String> hits = new CopyOnWriteArrayList<>();
    int port = http(r -> answer(r, hits, "hit"));
    DestinationClient strict =
        onLoop(() -> new DestinationClient(vertx, time, time, "1.2.3", false, Tracing.off()));

    for (String host :
        List.of("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:7f00:1]")) {
      AttemptResult result =
          send(
              strict, Deliveries.destination("http://" + host + ":" + port), Deliveries.entry(), 1);
      assertThat(result.outcome()).as(host).isEqualTo(Outcome.REFUSED_ADDRESS);
      assertThat(result.error()).isEqualTo("address: not public");
    }
    assertThat(hits).isEmpty();
    get(strict.close());
  }

  @Test
  void theMachinesOwnResolverIsAskedWhereNothingElseIsSaid() throws Exception {
    int port = http(r -> r.response().end());
    DestinationClient open =
        onLoop(() -> new DestinationClient(vertx, time, time, "1", true, Tracing.off()));

    assertThat(
            send(open, Deliveries.destination("http://localhost:" + port), Deliveries.entry(), 1)
                .delivered())
        .isTrue();
    get(open.close());
  }

  @Test
  void badDestinationsFailInAFewWordsWithoutTheirUrlOrSecret() throws Exception {
    assertThat(send("http://user_name.bad host/?token=s3cret").error()).isEqualTo("url: not valid");
    for (String url :
        List.of(
            "ftp://dest.test/",
            "http:///x",
            "http://:80/",
            "http://a:b@d.test/",
            "http://d:0/",
            "http://d:65536/",
            "http://d:-1/",
            "http://d:/",
            "",
            "x",
            "mailto:a@b.test")) {
      assertThat(send(url).error()).as(url).isEqualTo("url: not valid");
    }
    assertThat(send("http://1.2.3.999/").error()).isEqualTo("address: not valid");
    addressOfNames = "";
    assertThat(send("http://dest.test/").error()).isEqualTo("dns: not found");
    assertThat(send("http://dest.test/").outcome()).isEqualTo(Outcome.RETRY);
  }

  @Test
  void tlsIsForTheNameThoughTheAddressIsPinned() throws Exception {
    CompletableFuture<String> sni = new CompletableFuture<>();
    PfxOptions key =
        new PfxOptions()
            .setPath("dev/hongyan/router/destination/dest.test.p12")
            .setPassword("for-tests");
    HttpServer server =
        get(
            vertx
                .createHttpServer(
                    new HttpServerOptions().setSsl(true).setSni(true).setKeyCertOptions(key))
                .requestHandler(
                    r -> {
                      sni.complete(r.connection().indicatedServerName());
                      r.response().end();
                    })
                .listen(0, "127.0.0.1"));
    servers.add(Future.succeededFuture(server));
    DestinationClient trusting =
        client(time, DestinationClient.options().setName("trusting").setTrustOptions(key));
    String port = ":" + server.actualPort();

    assertThat(
            send(
                    trusting,
                    Deliveries.destination("https://dest.test" + port),
                    Deliveries.entry(),
                    1)
                .delivered())
        .isTrue();
    assertThat(sni.get()).isEqualTo("dest.test");
    assertThat(
            send(
                    trusting,
                    Deliveries.destination("https://other.test" + port),
                    Deliveries.entry(),
                    1)
                .error())
        .isEqualTo("tls: certificate");
    assertThat(send("https://dest.test" + port).error())
        .as("nobody vouches for it")
        .isEqualTo("tls: certificate");
    get(trusting.close());
  }

  @Test
  void aClientThatIsClosedSaysSo() throws Exception {
    DestinationClient gone = client(time, DestinationClient.options().setShared(false));
    get(gone.close());

    AttemptResult result =
        send(gone, Deliveries.destination("http://dest.test:1"), Deliveries.entry(), 1);

    assertThat(result.outcome()).isEqualTo(Outcome.RETRY);
    assertThat(onLoop(time::pending)).isZero();
  }

  private static void answer(HttpServerRequest r, List<String> hits, String who) {
    hits.add(who);
    r.response().end();
  }

  private static void close(NetSocket socket) {
    var unused = socket.close();
  }

  private static void pour(HttpServerRequest r, Buffer much) {
    r.response()
        .write(much)
        .onSuccess(
            v -> {
              if (!r.response().closed()) {
                pour(r, much);
              }
            });
  }

  private DestinationClient client(ManualTime clock, HttpClientOptions options) throws Exception {
    return onLoop(
        () ->
            new DestinationClient(
                vertx,
                clock,
                clock,
                "1.2.3",
                new AddressGuard(this::resolve, clock, true),
                options,
                Tracing.off()));
  }

  private Future<List<InetAddress>> resolve(String name) {
    names.add(name);
    return addressOfNames.isEmpty()
        ? Future.failedFuture(new java.net.UnknownHostException(name))
        : Future.succeededFuture(List.of(PublicAddress.literal(addressOfNames)));
  }

  private int http(Handler<HttpServerRequest> handler) throws Exception {
    HttpServer server =
        get(vertx.createHttpServer().requestHandler(handler).listen(0, "127.0.0.1"));
    servers.add(Future.succeededFuture(server));
    return server.actualPort();
  }

  private int tcp(Handler<NetSocket> handler) throws Exception {
    NetServer server = get(vertx.createNetServer().connectHandler(handler).listen(0, "127.0.0.1"));
    servers.add(Future.succeededFuture(server));
    return server.actualPort();
  }

  private AttemptResult send(String url) throws Exception {
    return send(url, Deliveries.entry(), 1);
  }

  private AttemptResult send(String url, LogEntry entry, int attempt) throws Exception {
    return send(client, Deliveries.destination(url), entry, attempt);
  }

  private AttemptResult send(DestinationClient by, Destination to, LogEntry entry, int attempt)
      throws Exception {
    return begin(by, to, entry, attempt).get(20, TimeUnit.SECONDS);
  }

  private CompletableFuture<AttemptResult> begin(
      DestinationClient by, Destination to, LogEntry entry, int attempt) {
    CompletableFuture<AttemptResult> result = new CompletableFuture<>();
    loop.runOnContext(
        v ->
            by.send(to, entry, attempt)
                .onComplete(
                    r -> {
                      if (r.succeeded()) {
                        result.complete(r.result());
                      } else {
                        result.completeExceptionally(r.cause());
                      }
                    }));
    return result;
  }

  private void advance(Duration span) throws Exception {
    long unused =
        onLoop(
            () -> {
              time.advance(span);
              return time.nanos();
            });
  }

  private <T> T onLoop(Callable<T> what) throws Exception {
    CompletableFuture<T> done = new CompletableFuture<>();
    loop.runOnContext(
        v -> {
          try {
            done.complete(what.call());
          } catch (Exception | AssertionError e) {
            done.completeExceptionally(e);
          }
        });
    return done.get(20, TimeUnit.SECONDS);
  }

  private static <T> T get(Future<T> future)
      throws InterruptedException, ExecutionException, java.util.concurrent.TimeoutException {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
