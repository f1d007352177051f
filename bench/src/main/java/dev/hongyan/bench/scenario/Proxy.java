package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.PushLoad;
import dev.hongyan.bench.load.ThinWeChat;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Result;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What the proxy adds to a call of WeChat's API: the same template message sent straight to {@link
 * ThinWeChat} and through a node to it, 1,000 a second, three times in turn, then through the node
 * as fast as answers come. WeChat's part runs beside the generator, so its time is in both.
 *
 * <pre>bin/bench proxy</pre>
 */
public final class Proxy implements Scenario {
  private static final String SEND = "/cgi-bin/message/template/send";
  private static final int CONNECTIONS = 64;
  private static final int PER_SECOND = 1_000;
  private static final int ROUNDS = 3;
  private static final String TENANT = "/api/v1/tenants/" + HongyanServer.TENANT;
  private static final String BODY =
      new JsonObject()
          .put("touser", "oBenchUser000000000000000001")
          .put("template_id", "TM00015-bench")
          .put("url", "https://shop.example/orders/20261121")
          .put(
              "data",
              new JsonObject()
                  .put("thing1", new JsonObject().put("value", "您的订单已发货"))
                  .put("number2", new JsonObject().put("value", "20261121000042"))
                  .put("time3", new JsonObject().put("value", "2026-11-21 12:00")))
          .encode();

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    try (ThinWeChat wechat = new ThinWeChat();
        HongyanServer server =
            HongyanServer.start(
                stage.setup(),
                Map.of("HONGYAN_WECHAT_APIHOSTS", "http://127.0.0.1:" + wechat.port()))) {
      server.post(
          TENANT + "/accounts",
          new JsonObject()
              .put("id", "shop")
              .put("kind", "mp")
              .put("appId", "wx0123456789abcdef")
              .put("secret", "0123456789abcdef0123456789abcdef")
              .put("token", "benchtoken")
              .put("mode", "plain"));
      String key =
          server.post(TENANT + "/keys", new JsonObject().put("role", "admin")).getString("secret");
      byte[] raw =
          ThinWeChat.request(wechat.port(), SEND + "?access_token=" + "t".repeat(136), "", BODY);
      byte[] proxied =
          ThinWeChat.request(
              server.port(), "/wxapi/" + HongyanServer.TENANT + "/shop" + SEND, key, BODY);
      PushLoad straight = load(stage, wechat.port(), raw);
      PushLoad through = load(stage, server.port(), proxied);
      stage.listener().progress("warm-up");
      go(stage, straight, stage.seconds(20_000, 1_000), 0);
      go(stage, through, stage.seconds(300_000, 2_000), 0); // the compiler has the same processor
      Map<String, Double> costs = new LinkedHashMap<>();
      Histogram rawNanos = new Histogram(straight.latency());
      Histogram proxiedNanos = new Histogram(through.latency());
      int count = PER_SECOND * stage.seconds(10, 1);
      double used = 0;
      for (int round = 1; round <= ROUNDS; round++) {
        stage.listener().progress("1000/s, round " + round + " of " + ROUNDS);
        go(stage, straight, count, PER_SECOND);
        rawNanos.add(straight.latency());
        double before = server.process().cpuSeconds();
        go(stage, through, count, PER_SECOND);
        used += server.process().cpuSeconds() - before;
        proxiedNanos.add(through.latency());
      }
      Map<String, Double> figures = new LinkedHashMap<>();
      double overhead = quantile(proxiedNanos, 99) - quantile(rawNanos, 99);
      figures.put("overhead p50 ms", quantile(proxiedNanos, 50) - quantile(rawNanos, 50));
      figures.put("overhead p99 ms", overhead);
      Costs.quantiles(figures, "raw call", rawNanos);
      Costs.quantiles(figures, "call through the node", proxiedNanos);
      figures.put("server CPU µs per call", used * 1e6 / (count * (double) ROUNDS));
      result(stage, server, "1000/s", figures, through, wechat);

      stage.listener().progress("as fast as answers come");
      Costs most = Costs.from(server);
      int all = stage.seconds(150_000, 5_000);
      go(stage, through, all, 0);
      most.into(costs, "call", all);
      Costs.quantiles(costs, "call through the node", through.latency());
      result(stage, server, "most", costs, through, wechat);
    }
  }

  private static double quantile(Histogram nanos, double percent) {
    return nanos.getValueAtPercentile(percent) / 1e6;
  }

  private static void result(
      Stage stage,
      HongyanServer server,
      String rate,
      Map<String, Double> figures,
      PushLoad through,
      ThinWeChat wechat)
      throws IOException {
    figures.put("not answered ok", (double) through.bad());
    figures.put("token calls that WeChat saw", (double) wechat.tokens());
    figures.put("load average of the machine", Costs.loadAverage());
    Map<String, Long> errors =
        through.bad() == 0 ? Map.of() : Map.of(through.firstBad(), through.bad());
    stage
        .listener()
        .result(new Result("proxy", server.name(), Map.of("rate", rate), figures, errors));
  }

  private static PushLoad load(Stage stage, int port, byte[] request) throws InterruptedException {
    List<byte[]> requests = Collections.nCopies(Integer.MAX_VALUE, request);
    PushLoad load = new PushLoad(stage.generator(), port, requests, ThinWeChat.OK);
    stage.generator().run(() -> load.connect(CONNECTIONS));
    if (!stage.generator().await(Duration.ofSeconds(10), () -> load.open() == CONNECTIONS)) {
      throw new IllegalStateException("no connections to port " + port);
    }
    return load;
  }

  private static void go(Stage stage, PushLoad load, int count, int perSecond)
      throws InterruptedException {
    stage.generator().run(() -> load.start(count, perSecond));
    if (!stage.generator().await(Duration.ofSeconds(60), load::isDone)) {
      throw new IllegalStateException("not all calls were answered; " + load.firstBad());
    }
  }
}
