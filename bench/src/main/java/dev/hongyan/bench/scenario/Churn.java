package dev.hongyan.bench.scenario;

import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Result;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * A thousand tenants with a message each come and go twenty times: what of them stays in the node.
 *
 * <pre>bin/bench churn</pre>
 */
public final class Churn implements Scenario {
  private static final int AT_ONCE = 32;
  private static final double MIB = 1 << 20;

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    int tenants = stage.quick() ? 50 : 1_000;
    int rounds = stage.quick() ? 2 : 20;
    try (HongyanServer server = HongyanServer.start(stage.setup())) {
      Map<String, Long> errors = new TreeMap<>();
      stage.listener().progress("once, so that what stays for good is there");
      once(server, tenants, errors);
      double heap = server.jvm().liveBytes();
      long threads = server.process().threads();
      long from = System.nanoTime();
      double cpu = server.process().cpuSeconds();
      for (int round = 1; round <= rounds; round++) {
        stage.listener().progress("round " + round + " of " + rounds);
        once(server, tenants, errors);
      }
      double seconds = (System.nanoTime() - from) / 1e9;
      cpu = server.process().cpuSeconds() - cpu;
      Map<String, Double> figures = new LinkedHashMap<>();
      double all = (double) tenants * rounds;
      figures.put("tenants added and removed", all);
      figures.put("added and removed per s", all / seconds);
      figures.put("server CPU µs per tenant", cpu * 1e6 / all);
      figures.put("live heap before MiB", heap / MIB);
      figures.put("live heap growth MiB", (server.jvm().liveBytes() - heap) / MIB);
      figures.put("threads before", (double) threads);
      figures.put("threads growth", (double) (server.process().threads() - threads));
      figures.put("load average of the machine", Costs.loadAverage());
      stage.listener().result(new Result("churn", server.name(), Map.of(), figures, errors));
    }
  }

  private static void once(HongyanServer server, int tenants, Map<String, Long> errors) {
    for (String step : List.of("add", "publish", "remove")) {
      for (int from = 0; from < tenants; from += AT_ONCE) {
        List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
        for (int i = from; i < Math.min(tenants, from + AT_ONCE); i++) {
          calls.add(call(server, step, "churn-" + i));
        }
        for (CompletableFuture<HttpResponse<String>> each : calls) {
          int status = each.join().statusCode();
          if (status / 100 != 2) {
            errors.merge(step + " was answered " + status, 1L, Long::sum);
          }
        }
      }
    }
  }

  private static CompletableFuture<HttpResponse<String>> call(
      HongyanServer server, String step, String id) {
    String tenant = "/api/v1/tenants/" + id;
    return switch (step) {
      case "add" ->
          server.send("POST", "/api/v1/tenants", new JsonObject().put("id", id).put("name", id));
      case "publish" ->
          server.send(
              "POST",
              tenant + "/messages",
              new JsonObject().put("topic", "app.churn").put("data", new JsonObject()));
      default -> server.send("DELETE", tenant, null);
    };
  }
}
