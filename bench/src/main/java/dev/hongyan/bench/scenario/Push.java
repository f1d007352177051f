package dev.hongyan.bench.scenario;

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

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (HongyanServer server = HongyanServer.start(stage.setup())) {
      addAccount(server);
      long[] number = {0};
      one(stage, server, "warm-up", number, stage.seconds(200_000, 2_000), 0);
      one(stage, server, "1000/s", number, 1_000 * stage.seconds(20, 2), 1_000);
      one(stage, server, "3000/s", number, 3_000 * stage.seconds(20, 2), 3_000);
      one(stage, server, "most", number, stage.seconds(300_000, 10_000), 0);
    }
    for (PeerServer.Kind kind : stage.others(List.of(PeerServer.Kind.SPRING))) {
      try (PeerRedis redis = new PeerRedis(stage.setup());
          PeerServer server = PeerServer.start(stage.setup(), kind, redis)) {
        long[] number = {0};
        one(stage, server, "warm-up", number, stage.seconds(100_000, 2_000), 0);
        one(stage, server, "1000/s", number, 1_000 * stage.seconds(20, 2), 1_000);
        one(stage, server, "3000/s", number, 3_000 * stage.seconds(20, 2), 3_000);
        one(stage, server, "most", number, stage.seconds(100_000, 5_000), 0);
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

  private static void one(
      Stage stage, Server server, String what, long[] number, int count, int perSecond)
      throws InterruptedException, IOException {
    Seen seen = measure(stage, server, what, number[0], count, perSecond);
    number[0] += count;
    stage
        .listener()
        .result(
            new Result("push", server.name(), Map.of("rate", what), seen.figures(), seen.errors()));
  }

  /** What a load of pushes showed. */
  record Seen(Map<String, Double> figures, Map<String, Long> errors) {}

  /**
   * Sends pushes and waits for their answers.
   *
   * @param from the number of the first; none may come twice
   * @param perSecond 0 for as fast as they are answered
   */
  static Seen measure(Stage stage, Server server, String what, long from, int count, int perSecond)
      throws InterruptedException {
    stage.listener().progress(count + " pushes, " + what);
    List<byte[]> requests = make(from, count, server.port());
    PushLoad load = new PushLoad(stage.generator(), server.port(), requests, "success");
    stage.generator().run(() -> load.connect(CONNECTIONS));
    boolean unused =
        stage.generator().await(Duration.ofSeconds(10), () -> load.open() == CONNECTIONS);
    Costs costs = Costs.from(server);
    stage.generator().run(() -> load.start(count, perSecond));
    boolean done = stage.generator().await(Duration.ofSeconds(180), load::isDone);
    Map<String, Double> figures = new LinkedHashMap<>();
    costs.into(figures, "push", stage.generator().call(load::good));
    Costs.quantiles(figures, "answer", load.latency());
    figures.put("request bytes", (double) requests.get(0).length);
    figures.put("not answered success", (double) (count - stage.generator().call(load::good)));
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
              + (7_000_000_000_000_000_000L + n)
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
