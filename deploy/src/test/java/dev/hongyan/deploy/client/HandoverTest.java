package dev.hongyan.deploy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.client.ClientEvent;
import dev.hongyan.client.HongyanClient;
import dev.hongyan.client.Message;
import dev.hongyan.client.SubscribeOptions;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.delivery.PushResult;
import dev.hongyan.simulator.push.PushNumber;
import dev.hongyan.simulator.push.Traffic;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node is replaced under load as an operator does it: the next one starts, then SIGTERM. */
class HandoverTest {
  private static final String APP = "wx0123456789abcdef";
  private static final String TOKEN = "tokenOfTheHandover";
  private static final String AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  private static final int RATE = 300;
  private static final int CLIENTS = 20;
  private static final int SECONDS = 120;

  private final Vertx vertx = Vertx.vertx();

  @Test
  void aNodeIsReplacedUnderLoadAndNoPushFailsAndNoClientMissesAMessage(@TempDir Path dir)
      throws Exception {
    Queue<String> trouble = new ConcurrentLinkedQueue<>();
    AtomicInteger told = new AtomicInteger();
    try (Place place = new Place(dir)) {
      place.ask(
          "POST",
          "/tenants/" + Place.TENANT + "/accounts",
          new JsonObject()
              .put("id", "shop")
              .put("kind", "mp")
              .put("appId", APP)
              .put("token", TOKEN)
              .put("mode", "encrypted")
              .put("encodingAesKey", AES_KEY));
      List<Reader> readers = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        String name = (i % 2 == 0 ? "durable-" : "live-") + i;
        Reader reader = new Reader();
        HongyanClient client =
            place.client(
                name,
                event -> {
                  if (event instanceof ClientEvent.GoAway) {
                    told.incrementAndGet();
                  } else if (reader.started
                      && !(event instanceof ClientEvent.Subscribed)
                      && !(event instanceof ClientEvent.StateChanged) // moving is one
                      && !(event instanceof ClientEvent.Beat)) {
                    trouble.add(name + ": " + event);
                  }
                });
        client
            .subscribe(
                i % 2 == 0
                    ? SubscribeOptions.durable(name, "wx.#")
                    : SubscribeOptions.live(name, "wx.#"),
                reader::handle)
            .ready()
            .get(SECONDS, TimeUnit.SECONDS);
        reader.started = true;
        readers.add(reader);
      }

      WeChatSimulator wechat =
          new WeChatSimulator(
              vertx, Clock.system(), new VertxTimers(vertx), 7, DeliveryOptions.wechat());
      PushLine line =
          wechat.register(
              SimulatedAccount.builder(
                      Product.MP,
                      APP,
                      TOKEN,
                      URI.create("http://127.0.0.1:" + place.port() + "/wx/acme/shop"))
                  .mode(SecurityMode.ENCRYPTED)
                  .encodingAesKey(AES_KEY)
                  .build());
      Load load = new Load(line, line.traffic(50, Set.of("text")));
      load.upTo(2 * RATE);
      Place.Node first = place.node();
      place.start();
      load.upTo(load.answered() + 3 * RATE); // both serve for a while
      long termAt = System.nanoTime();
      first.process.destroy(); // SIGTERM
      assertThat(first.process.waitFor(40, TimeUnit.SECONDS)).as("it ends by itself").isTrue();
      long goneAt = System.nanoTime();
      load.upTo(load.answered() + 2 * RATE);
      List<PushResult> results = load.stop();
      Set<Long> pushed =
          results.stream()
              .map(r -> r.push().number())
              .collect(Collectors.toCollection(HashSet::new));

      long[] gaps = new long[CLIENTS];
      long[] before = new long[CLIENTS];
      for (int i = 0; i < CLIENTS; i++) {
        readers.get(i).awaitAll(pushed);
        gaps[i] = readers.get(i).longestPauseMillis(termAt, goneAt);
        before[i] = readers.get(i).longestPauseMillis(termAt - 2_000_000_000L, termAt);
      }
      long[] began = new long[CLIENTS];
      for (int i = 0; i < CLIENTS; i++) {
        began[i] = readers.get(i).longestPauseBegan(termAt, goneAt);
      }
      System.out.printf(
          "the longest pause began after SIGTERM: %s; longest time without an answered push then:"
              + " %d ms%n",
          spread(began), load.longestPauseMillis(termAt, goneAt));
      System.out.printf(
          "pushed %d at up to %d/s, answered after %s; first process gone after %d ms%n"
              + "longest pause of each client while it drained: %s; in the 2 s before: %s%n",
          results.size(),
          RATE,
          spread(results.stream().mapToLong(PushResult::millis).toArray()),
          (goneAt - termAt) / 1_000_000,
          spread(gaps),
          spread(before));
      assertThat(results)
          .as("accepted at the first attempt")
          .allSatisfy(r -> assertThat(r.answered().accepted()).isTrue())
          .allSatisfy(r -> assertThat(r.attempts()).hasSize(1));
      assertThat(pushed).hasSameSizeAs(results);
      assertThat(trouble).isEmpty();
      assertThat(told).as("each client was told once to move").hasValue(CLIENTS);
      assertThat(readers).allSatisfy(r -> assertThat(r.twice).isEmpty());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    }
  }

  private static String spread(long[] millis) {
    long[] sorted = LongStream.of(millis).sorted().toArray();
    return "p50 %d, p99 %d, worst %d ms"
        .formatted(
            sorted[sorted.length / 2],
            sorted[(int) Math.ceil(sorted.length * 0.99) - 1],
            sorted[sorted.length - 1]);
  }

  /**
   * Pushes at a rate until it is stopped; a machine that is too slow gets less instead of a queue
   * that WeChat's five seconds run out in.
   */
  private final class Load {
    private static final int EVERY_MILLIS = 10;
    private static final int IN_FLIGHT_MAX = 32;
    private final List<PushResult> results = new ArrayList<>();
    private final List<Long> at = new ArrayList<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private CompletableFuture<Void> reached = new CompletableFuture<>();
    private int wanted = Integer.MAX_VALUE;
    private int begun;
    private boolean stopping;

    Load(PushLine line, Traffic traffic) {
      long unused =
          vertx.setPeriodic(
              EVERY_MILLIS,
              timer -> {
                for (int i = 0; i < RATE * EVERY_MILLIS / 1_000 && begin(timer); i++) {
                  var pushing = line.push(traffic.next()).onComplete(r -> answered(r.result()));
                }
              });
    }

    private synchronized boolean begin(long timer) {
      if (stopping) {
        vertx.cancelTimer(timer);
        if (results.size() == begun) {
          ended.complete(null);
        }
        return false;
      }
      if (begun - results.size() >= IN_FLIGHT_MAX) {
        return false;
      }
      begun++;
      return true;
    }

    private synchronized void answered(PushResult result) {
      results.add(result);
      at.add(System.nanoTime());
      if (results.size() >= wanted) {
        reached.complete(null);
      }
      if (stopping && results.size() == begun) {
        ended.complete(null);
      }
    }

    /** What a client sees as a pause may be one of the pushes. */
    synchronized long longestPauseMillis(long from, long to) {
      return Pause.longest(at, from, to).nanos() / 1_000_000;
    }

    synchronized int answered() {
      return results.size();
    }

    void upTo(int count) throws Exception {
      CompletableFuture<Void> here = new CompletableFuture<>();
      synchronized (this) {
        wanted = count;
        reached = here;
        if (results.size() >= count) {
          return;
        }
      }
      here.get(SECONDS, TimeUnit.SECONDS);
    }

    List<PushResult> stop() throws Exception {
      synchronized (this) {
        stopping = true;
      }
      ended.get(SECONDS, TimeUnit.SECONDS);
      return results;
    }
  }

  /** What a client's handler got and when. */
  private static final class Reader {
    volatile boolean started;
    final Set<Long> twice = new HashSet<>();
    private final Set<Long> numbers = new HashSet<>();
    private final List<Long> at = new ArrayList<>();
    private Set<Long> wanted = Set.of();
    private CompletableFuture<Void> complete = new CompletableFuture<>();

    CompletableFuture<?> handle(Message message) {
      @SuppressWarnings("unchecked")
      Map<String, Object> data = (Map<String, Object>) message.event().data();
      long number = PushNumber.find(new JsonObject(data)).orElseThrow();
      synchronized (this) {
        at.add(System.nanoTime());
        if (!numbers.add(number)) {
          twice.add(number);
        }
        if (!wanted.isEmpty() && numbers.size() >= wanted.size() && numbers.containsAll(wanted)) {
          complete.complete(null);
        }
      }
      return CompletableFuture.completedFuture(null);
    }

    void awaitAll(Set<Long> all) throws Exception {
      synchronized (this) {
        wanted = all;
        if (numbers.containsAll(all)) {
          return;
        }
      }
      try {
        complete.get(20, TimeUnit.SECONDS);
      } catch (java.util.concurrent.TimeoutException e) {
        Set<Long> missing = new HashSet<>(all);
        synchronized (this) {
          missing.removeAll(numbers);
        }
        assertThat(missing).as("pushed but never handled").isEmpty();
      }
    }

    synchronized long longestPauseMillis(long from, long to) {
      return Pause.longest(at, from, to).nanos() / 1_000_000;
    }

    /** When it began, in milliseconds after {@code from}. */
    synchronized long longestPauseBegan(long from, long to) {
      return (Pause.longest(at, from, to).began() - from) / 1_000_000;
    }
  }

  /** A time without anything. */
  private record Pause(long began, long nanos) {
    /** The longest one that has a part between {@code from} and {@code to}. */
    static Pause longest(List<Long> at, long from, long to) {
      Pause longest = new Pause(from, 0);
      for (int i = 1; i < at.size(); i++) {
        long nanos = at.get(i) - at.get(i - 1);
        if (at.get(i) >= from && at.get(i - 1) <= to && nanos > longest.nanos) {
          longest = new Pause(at.get(i - 1), nanos);
        }
      }
      return longest;
    }
  }
}
