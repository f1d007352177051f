package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.PushClient;
import dev.hongyan.bench.load.PushLoad;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.process.PeerRedis;
import dev.hongyan.bench.process.PeerServer;
import dev.hongyan.bench.process.Server;
import dev.hongyan.bench.report.Result;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.PushEncoder;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Encrypted pushes of about 600 B, as WeChat makes them, each to be stored (fsync) and answered
 * {@code success}: a thousand a second, three thousand a second, and as many as there can be.
 *
 * <pre>bin/bench push</pre>
 */
public final class Push implements Scenario {
  private static final String APP_ID = "wx0123456789abcdef";
  private static final String TOKEN = "benchtoken";
  private static final String AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  private static final int CONNECTIONS = 512;
  private static final int WARM_SECONDS = 15;
  private static final long FIRST_ID = 7_000_000_000_000_000_000L;

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (HongyanServer server = HongyanServer.start(stage.setup())) {
      addAccount(server);
      PushClient client = new PushClient(stage.generator(), FIRST_ID);
      stage.generator().run(() -> client.connect(server.port(), server.token()));
      boolean unused = stage.generator().await(Duration.ofSeconds(10), client::isSubscribed);
      Run run = new Run(stage, server);
      run.most("warm-up", stage.seconds(200_000, 2_000));
      run.rate(1_000, client);
      run.rate(3_000, client);
      stage.generator().run(client::end);
      run.most("most", stage.seconds(300_000, 10_000));
    }
    for (PeerServer.Kind kind : stage.others(List.of(PeerServer.Kind.SPRING))) {
      try (PeerRedis redis = new PeerRedis(stage.setup());
          PeerServer server = PeerServer.start(stage.setup(), kind, redis)) {
        Run run = new Run(stage, server);
        run.most("warm-up", stage.seconds(100_000, 2_000));
        run.rate(1_000, null);
        run.rate(3_000, null);
        run.most("most", stage.seconds(100_000, 5_000));
      }
    }
  }

  /** The account that pushes go to. */
  static void addAccount(HongyanServer server) {
    server.post(
        "/api/v1/tenants/" + HongyanServer.TENANT + "/accounts",
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", APP_ID)
            .put("token", TOKEN)
            .put("encodingAesKey", AES_KEY)
            .put("mode", "encrypted"));
  }

  /** One server and the pushes it got so far. */
  private static final class Run {
    private final Stage stage;
    private final Server server;
    private long number;

    Run(Stage stage, Server server) {
      this.stage = stage;
      this.server = server;
    }

    void most(String what, int count) throws InterruptedException, IOException {
      one(what, 0, count, 0, null);
    }

    /** At a rate, for long enough that the server's compiler has done its work at that rate. */
    void rate(int perSecond, @Nullable PushClient client) throws InterruptedException, IOException {
      one(
          perSecond + "/s",
          perSecond * stage.seconds(WARM_SECONDS, 1),
          perSecond * stage.seconds(20, 2),
          perSecond,
          client);
    }

    private void one(String what, int warm, int count, int perSecond, @Nullable PushClient client)
        throws InterruptedException, IOException {
      Seen seen = measure(stage, server, what, number, warm, count, perSecond, client);
      number += warm + count;
      stage
          .listener()
          .result(
              new Result(
                  "push", server.name(), Map.of("rate", what), seen.figures(), seen.errors()));
    }
  }

  /** What a load of pushes showed. */
  record Seen(Map<String, Double> figures, Map<String, Long> errors) {}

  /** As many as are answered, without a client. */
  static Seen most(Stage stage, Server server, String what, long from, int count)
      throws InterruptedException {
    return measure(stage, server, what, from, 0, count, 0, null);
  }

  /**
   * Sends pushes and waits for their answers.
   *
   * @param from the number of the first; none may come twice
   * @param warm how many are sent before it is looked
   * @param perSecond 0 for as fast as they are answered
   * @param client who gets them too, if anybody does
   */
  private static Seen measure(
      Stage stage,
      Server server,
      String what,
      long from,
      int warm,
      int count,
      int perSecond,
      @Nullable PushClient client)
      throws InterruptedException {
    stage.listener().progress(count + " pushes, " + what);
    List<byte[]> requests = make(from, warm + count, server.port());
    PushLoad load = new PushLoad(stage.generator(), server.port(), requests, "success");
    stage.generator().run(() -> load.connect(CONNECTIONS));
    boolean unused =
        stage.generator().await(Duration.ofSeconds(10), () -> load.open() == CONNECTIONS);
    boolean done = true;
    if (warm > 0) {
      stage.generator().run(() -> load.start(warm, perSecond));
      done = stage.generator().await(Duration.ofSeconds(120), load::isDone);
    }
    long good = stage.generator().call(load::good);
    if (client != null) {
      stage.generator().run(() -> client.watch(load, from, from + warm));
    }
    Costs costs = Costs.from(server);
    stage.generator().run(() -> load.start(count, perSecond));
    done &= stage.generator().await(Duration.ofSeconds(180), load::isDone);
    Map<String, Double> figures = new LinkedHashMap<>();
    costs.into(figures, "push", stage.generator().call(load::good) - good);
    Costs.quantiles(figures, "answer", load.latency());
    figures.put("request bytes", (double) requests.get(0).length);
    figures.put(
        "not answered success", (double) (warm + count - stage.generator().call(load::good)));
    if (client != null) {
      boolean all =
          stage
              .generator()
              .await(Duration.ofSeconds(10), () -> client.came(from, warm + count) == warm + count);
      stage.generator().run(client::rest);
      Costs.quantiles(figures, "to the client", stage.generator().call(client::latency));
      figures.put(
          "missing at the client",
          (double)
              (all
                  ? 0
                  : warm + count - stage.generator().call(() -> client.came(from, warm + count))));
      figures.put("twice at the client", (double) stage.generator().call(client::twice));
    }
    stage.generator().run(load::end);
    if (!done) {
      stage.listener().progress("not all were answered");
    }
    return new Seen(figures, load.bad() == 0 ? Map.of() : Map.of(load.firstBad(), load.bad()));
  }

  /** Whole requests, from the given number on. */
  static List<byte[]> make(long from, int count, int port) {
    PushAccount account =
        PushAccount.builder(Product.MP, APP_ID, TOKEN)
            .mode(SecurityMode.ENCRYPTED)
            .key(EncodingAesKey.parse(AES_KEY))
            .build();
    PushEncoder encoder = new PushEncoder();
    SplittableRandom random = new SplittableRandom(from);
    byte[] random16 = new byte[16];
    long now = System.currentTimeMillis() / 1000;
    List<byte[]> requests = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long n = from + i;
      String openid = "oBenchUser" + String.format("%018d", n % 1000);
      String inner =
          "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA["
              + openid
              + "]]></FromUserName><CreateTime>"
              + now
              + "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好, number "
              + n
              + "]]></Content><MsgId>"
              + (FIRST_ID + n)
              + "</MsgId></xml>";
      random.nextBytes(random16);
      PushEncoder.EncodedPush push =
          encoder.push(
              account,
              inner.getBytes(StandardCharsets.UTF_8),
              openid,
              now,
              Long.toString(random.nextLong() >>> 1),
              random16);
      byte[] head =
          ("POST /wx/"
                  + HongyanServer.TENANT
                  + "/shop?"
                  + push.query()
                  + " HTTP/1.1\r\nHost: 127.0.0.1:"
                  + port
                  + "\r\nContent-Type: "
                  + push.contentType()
                  + "\r\nContent-Length: "
                  + push.body().length
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII);
      byte[] request = new byte[head.length + push.body().length];
      System.arraycopy(head, 0, request, 0, head.length);
      System.arraycopy(push.body(), 0, request, head.length, push.body().length);
      requests.add(request);
    }
    return requests;
  }
}
