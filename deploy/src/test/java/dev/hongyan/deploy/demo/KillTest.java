package dev.hongyan.deploy.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.FlowOptions;
import dev.hongyan.simulator.delivery.FlowReport;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.push.PushNumber;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise of the platform, kept while it is being killed: what was answered arrives, in order,
 * and repeats are seen as such.
 */
class KillTest {
  private static final int PUSHES = 2_000;
  private static final int USERS = 25;

  private final Vertx vertx = Vertx.vertx();
  private final VertxTimers timers = new VertxTimers(vertx);
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private String token = "";

  @Test
  void whatWasAnsweredArrivesInOrderThroughKillsOfNodeAndRedis(@TempDir Path dir) throws Exception {
    int port = freePort();
    DemoTenants.Demo acme = DemoTenants.write(dir.resolve("tenants")).get(0);
    Map<String, String> environment = new HashMap<>();
    environment.put("HONGYAN_HTTP_PORT", Integer.toString(port));
    environment.put("HONGYAN_HTTP_HOST", "127.0.0.1");
    environment.put("HONGYAN_MANAGEMENT_PORT", "0");
    environment.put("HONGYAN_STORE_DIR", dir.resolve("s").toString());
    environment.put("HONGYAN_TENANTS_DIR", dir.resolve("tenants").toString());
    Receiver receiver = new Receiver();
    NodeOf node = new NodeOf(port, environment, dir.resolve("node.log"));
    try {
      get(onLoop(node::up));
      get(
          onLoop(
              () ->
                  new DemoSubscriber(vertx, timers, port, "acme", () -> token, receiver)
                      .connect()));

      WeChatSimulator wechat =
          new WeChatSimulator(
              vertx,
              Clock.system(),
              timers,
              42,
              DeliveryOptions.wechat().withMarkFail(0, Duration.ZERO).withTries(6));
      PushLine line = wechat.register(acme.account(port));
      // What is to be killed, and after how many answered pushes.
      Deque<Kill> kills =
          new ArrayDeque<>(
              List.of(
                  new Kill(300, "node"),
                  new Kill(800, "redis"),
                  new Kill(1_200, "node"),
                  new Kill(1_600, "node")));
      Set<Long> accepted = new HashSet<>();
      FlowReport report =
          get(
              line.run(
                  new FlowOptions(0, PUSHES, 16, true),
                  line.traffic(USERS, Set.of()),
                  result -> {
                    if (result.answered().accepted()) {
                      accepted.add(result.push().number());
                    }
                    Kill next = kills.peek();
                    if (next != null && accepted.size() >= next.after) {
                      kills.remove();
                      node.kill(next.what, dir);
                    }
                  }));

      assertThat(kills).as("every kill happened").isEmpty();
      assertThat(report.total()).isEqualTo(PUSHES);
      receiver.awaitAll(accepted);
      Receiver seen = receiver.soFar(); // repeats may still come in
      assertThat(seen.outOfOrder).as("first deliveries out of order per openid").isEmpty();
      assertThat(seen.idsByNumber.values())
          .as("one message keeps one id through all repeats")
          .allSatisfy(ids -> assertThat(ids).hasSize(1));
      assertThat(accepted.size()).as("answered success").isGreaterThan(PUSHES / 2);
      System.out.printf(
          "accepted %d, received %d, repeated %d%n",
          accepted.size(), seen.idsByNumber.size(), seen.repeats);
    } finally {
      node.stop();
      get(vertx.close());
      // A store that was started by a node that was killed may have been left to nobody.
      ProcessHandle.allProcesses()
          .filter(p -> p.info().command().filter(c -> c.startsWith(dir.toString())).isPresent())
          .forEach(ProcessHandle::destroyForcibly);
    }
  }

  private record Kill(int after, String what) {}

  /** The node as somebody runs it who starts it again when it dies. */
  private final class NodeOf {
    private final int port;
    private final DemoNode node;
    private volatile long pid;

    NodeOf(int port, Map<String, String> environment, Path log) {
      this.port = port;
      this.node =
          new DemoNode(
              vertx,
              timers,
              port,
              environment,
              log,
              dead -> up().onFailure(failed::completeExceptionally));
    }

    Future<Void> up() {
      return node.start().onSuccess(started -> pid = started).compose(started -> fetchToken(port));
    }

    void kill(String what, Path dir) {
      if (what.equals("node")) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      } else {
        List<ProcessHandle> redis =
            ProcessHandle.allProcesses()
                .filter(p -> p.info().command().orElse("").startsWith(dir.toString()))
                .collect(Collectors.toList());
        assertThat(redis).as("the Redis of this test").isNotEmpty();
        redis.forEach(ProcessHandle::destroyForcibly);
      }
    }

    void stop() {
      node.stop();
    }
  }

  private Future<Void> fetchToken(int port) {
    return vertx
        .createHttpClient()
        .request(HttpMethod.GET, port, "127.0.0.1", "/demo/session")
        .compose(request -> request.send())
        .compose(answer -> answer.body())
        .map(
            body -> {
              body.toJsonObject().getJsonArray("tenants").stream()
                  .map(JsonObject.class::cast)
                  .filter(t -> t.getString("id").equals("acme"))
                  .forEach(t -> token = t.getString("token"));
              return null;
            });
  }

  /** What arrives, on the event loop; asked from the test's thread after the end. */
  private static final class Receiver implements DemoSubscriber.Listener {
    final Map<Long, Set<String>> idsByNumber = new HashMap<>();
    final Map<String, Long> lastOfUser = new HashMap<>();
    final Set<Long> outOfOrder = new HashSet<>();
    private Set<Long> wanted = Set.of();
    private CompletableFuture<Void> complete = new CompletableFuture<>();
    int repeats;

    @Override
    public void subscribed(String tenant, String verdict, String cursor, String head) {}

    @Override
    public synchronized void message(String tenant, String cursor, JsonObject event) {
      long number = PushNumber.find(event.getJsonObject("data")).orElseThrow();
      Set<String> ids = idsByNumber.computeIfAbsent(number, n -> new HashSet<>());
      boolean first = ids.isEmpty();
      ids.add(event.getString("id"));
      if (!first) {
        repeats++;
      } else if (lastOfUser.merge(event.getString("subject"), number, Math::max) != number) {
        outOfOrder.add(number);
      }
      if (idsByNumber.keySet().containsAll(wanted)) {
        complete.complete(null);
      }
    }

    synchronized Receiver soFar() {
      Receiver copy = new Receiver();
      idsByNumber.forEach((number, ids) -> copy.idsByNumber.put(number, Set.copyOf(ids)));
      copy.outOfOrder.addAll(outOfOrder);
      copy.repeats = repeats;
      return copy;
    }

    void awaitAll(Set<Long> numbers) throws Exception {
      synchronized (this) {
        wanted = numbers;
        if (idsByNumber.keySet().containsAll(numbers)) {
          return;
        }
      }
      try {
        complete.get(20, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        synchronized (this) {
          Set<Long> missing = new HashSet<>(numbers);
          missing.removeAll(idsByNumber.keySet());
          assertThat(missing).as("answered but never delivered").isEmpty();
        }
      }
    }
  }

  private <T> Future<T> onLoop(Supplier<Future<T>> task) {
    Promise<T> promise = Promise.promise();
    vertx.runOnContext(v -> task.get().onComplete(promise));
    return promise.future();
  }

  @CanIgnoreReturnValue
  private static <T> T get(Future<T> future) throws Exception {
    return get(future.toCompletionStage().toCompletableFuture());
  }

  @CanIgnoreReturnValue
  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(400, TimeUnit.SECONDS);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
