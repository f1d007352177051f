package dev.hongyan.gateway.testing;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Clients that share one name, each on a thread of its own: they mostly ack, now and then give a
 * message back, lose their connection, or find it closed, and come again. Keeps the accounts.
 */
public final class SharedWorkers implements AutoCloseable {
  private final GatewayFixture gateway;
  private final String sub;
  private final String topic;
  private final int failingPercent;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> running = new ArrayList<>();
  private final Set<Integer> done = new HashSet<>();
  private final Map<String, Integer> lastFirst = new HashMap<>();
  private final List<String> wrong = new ArrayList<>();
  private int cuts;
  private int again;
  private int ownersLost;
  private volatile boolean stopping;

  /**
   * @param failingPercent of how many messages a worker fails: half of them it gives back, half it
   *     loses its connection over
   */
  public SharedWorkers(
      GatewayFixture gateway, String sub, String topic, int failingPercent, int workers) {
    this.gateway = gateway;
    this.sub = sub;
    this.topic = topic;
    this.failingPercent = failingPercent;
    for (int i = 0; i < workers; i++) {
      String client = "worker-" + i;
      Random random = new Random(i);
      running.add(threads.submit(() -> work(client, random)));
    }
  }

  /** Waits until each number in 1..n is done or among {@code otherwise}. */
  public void await(int n, Supplier<Set<Integer>> otherwise) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      Set<Integer> missing = new TreeSet<>();
      for (int i = 1; i <= n; i++) {
        missing.add(i);
      }
      missing.removeAll(otherwise.get());
      synchronized (this) {
        missing.removeAll(done);
        if (missing.isEmpty()) {
          return;
        }
        if (System.nanoTime() - until > 0) {
          throw new AssertionError(
              missing.size()
                  + " are missing after 60 s; owners lost: "
                  + ownersLost
                  + "; "
                  + wrong);
        }
        wait(100);
      }
    }
  }

  /** How many are done. */
  public synchronized int done() {
    return done.size();
  }

  /** What must not have happened. */
  public synchronized List<String> wrong() {
    return List.copyOf(wrong);
  }

  public synchronized int cuts() {
    return cuts;
  }

  /** Deliveries that said to be no first attempt. */
  public synchronized int again() {
    return again;
  }

  /** Times a connection was closed because its owner was; then first deliveries come again. */
  public synchronized int ownersLost() {
    return ownersLost;
  }

  private void work(String client, Random random) {
    while (!stopping) {
      try (WsClient ws = gateway.connect("acme", client)) {
        try {
          ws.send(
              new JsonObject()
                  .put("op", "subscribe")
                  .put("sub", sub)
                  .put("mode", "shared")
                  .put("window", 8)
                  .put("topics", new JsonArray().add(topic)));
          session(ws, random);
        } catch (IllegalStateException closedUnderUs) {
          // A client comes again.
        }
        if (ws.isClosed() && ws.closeCode() == 4002) {
          synchronized (this) {
            ownersLost++;
          }
        }
      } catch (IllegalStateException | AssertionError notWelcome) {
        // A client tries again.
      }
    }
  }

  private void session(WsClient ws, Random random) {
    while (!stopping && !ws.isClosed()) {
      JsonObject line = ws.poll(50);
      if (line == null || !line.getString("op").equals("msg")) {
        continue;
      }
      note(line);
      int fate = random.nextInt(200);
      JsonObject op =
          new JsonObject()
              .put("sub", sub)
              .put("cursors", new JsonArray().add(line.getString("cursor")));
      if (fate < failingPercent) {
        ws.send(op.put("op", "nack").put("delayMs", random.nextInt(20)));
      } else if (fate < failingPercent * 2) {
        synchronized (this) {
          cuts++;
        }
        ws.cut();
        return;
      } else {
        ws.send(op.put("op", "ack"));
        ended(line);
      }
    }
  }

  private synchronized void note(JsonObject line) {
    JsonObject event = line.getJsonObject("event");
    int i = event.getJsonObject("data").getInteger("i");
    if (line.containsKey("attempt")) {
      again++;
      return;
    }
    Integer before = lastFirst.put(event.getString("subject"), i);
    if (before != null && before >= i) {
      wrong.add(event.getString("subject") + ": first delivery of " + i + " after " + before);
    }
  }

  private synchronized void ended(JsonObject line) {
    done.add(line.getJsonObject("event").getJsonObject("data").getInteger("i"));
    notifyAll();
  }

  @Override
  public void close() throws Exception {
    stopping = true;
    for (Future<?> f : running) {
      f.get(30, TimeUnit.SECONDS);
    }
    threads.shutdown();
  }
}
