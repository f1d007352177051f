package dev.hongyan.deploy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.client.ClientEvent;
import dev.hongyan.client.HongyanClient;
import dev.hongyan.client.Publish;
import dev.hongyan.client.Published;
import dev.hongyan.client.QueueFullException;
import dev.hongyan.client.State;
import dev.hongyan.client.SubscribeOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java client against a node in a process of its own. */
class ServingTest {
  private static final int SECONDS = 60;
  private static Place place;

  @BeforeAll
  static void start(@TempDir Path dir) throws Exception {
    place = new Place(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    place.close();
  }

  @Test
  void everyLiveSubscriberGetsEveryMessageAndACursorOfOnesOwnResumes() throws Exception {
    BlockingQueue<String> cursors = new LinkedBlockingQueue<>();
    Received one = new Received();
    Received two = new Received();
    HongyanClient first = place.client("live-1");
    ready(first, SubscribeOptions.live("all", "app.live").onCursor(cursors::add), one);
    ready(place.client("live-2"), SubscribeOptions.live("all", "app.live"), two);
    HongyanClient publisher = place.client("live-publisher");
    String last = publish(publisher, "app.live", 0, 40);
    assertThat(one.await(40)).isEqualTo(numbers(0, 40));
    assertThat(two.await(40)).isEqualTo(numbers(0, 40));

    while (!last.equals(cursors.poll(SECONDS, TimeUnit.SECONDS))) {
      assertThat(first.state()).as("still waiting for %s", last).isEqualTo(State.OPEN);
    }
    first.close();
    publish(publisher, "app.live", 40, 10);
    Received rest = new Received();
    ready(place.client("live-3"), SubscribeOptions.live("all", "app.live").from(last), rest);
    assertThat(rest.await(10)).isEqualTo(numbers(40, 10));
  }

  @Test
  void returningFromTheHandlerAcks() throws Exception {
    Received received = new Received();
    HongyanClient one = place.client("orders-1");
    ready(one, SubscribeOptions.durable("orders", "app.orders").window(1), received);
    publish(one, "app.orders", 0, 20); // with a window of one, 19 came because 18 was acked
    assertThat(received.await(20)).isEqualTo(numbers(0, 20));
    one.close();
    publish(place.client("orders-publisher"), "app.orders", 20, 1);
    Received rest = new Received();
    HongyanClient two = place.client("orders-2");
    two.subscribe(SubscribeOptions.durable("orders", "app.orders"), rest);
    assertThat(rest.await(1).get(0)).as("the last ack may be on its way").isBetween(19L, 20L);
  }

  @Test
  void ofTwoClientsOnOneDurableNameTheNewerWinsAndTheOlderDoesNotComeBack() throws Exception {
    States older = new States();
    Received left = new Received();
    Received right = new Received();
    HongyanClient first = place.client("older", older);
    ready(first, SubscribeOptions.durable("one", "app.one"), left);
    HongyanClient second = place.client("newer");
    ready(second, SubscribeOptions.durable("one", "app.one"), right);
    assertThat(older.next(State.CLOSED).closeCode()).isEqualTo(4409);
    publish(second, "app.one", 0, 1);
    assertThat(right.await(1)).containsExactly(0L);
    assertThat(first.state()).isEqualTo(State.CLOSED);
    assertThat(left.numbers()).isEmpty();
  }

  @Test
  void aTokenAboutToExpireIsReplacedInPlaceAndOneThatIsNotEndsTheClient() throws Exception {
    Queue<String> tokens =
        new ConcurrentLinkedQueue<>(List.of(place.token("short", 3), place.token("short", 600)));
    States renewing = new States();
    HongyanClient kept =
        place.connected(
            HongyanClient.builder(place.socket())
                .client("short")
                .token(() -> CompletableFuture.completedFuture(tokens.remove()))
                .onEvent(renewing));
    renewing.next(State.OPEN);
    // Made later and never renewed: when this one has ended, the other's first token is long over.
    String stale = place.token("stale", 4);
    States fixed = new States();
    place.connected(
        HongyanClient.builder(place.socket())
            .client("stale")
            .token(() -> CompletableFuture.completedFuture(stale))
            .onEvent(fixed));
    assertThat(fixed.next(State.CLOSED).closeCode()).isEqualTo(4401);
    assertThat(tokens).isEmpty();
    publish(kept, "app.token", 0, 1);
    assertThat(renewing.seen).doesNotContain(State.WAITING, State.CLOSED);
  }

  @Test
  void aWrongTokenEndsTheClient() throws Exception {
    States states = new States();
    String wrong = place.token("wrong", 60) + "x";
    place.connected(
        HongyanClient.builder(place.socket())
            .client("wrong")
            .token(() -> CompletableFuture.completedFuture(wrong))
            .onEvent(states));
    assertThat(states.next(State.CLOSED).closeCode()).isEqualTo(4401);
  }

  @Test
  void publishesWaitInABoundedQueueWhileTheServerIsDeadAndArriveOnceInOrder(@TempDir Path dir)
      throws Exception {
    try (Place own = new Place(dir)) {
      States states = new States();
      String token = own.token("till", 3_600);
      HongyanClient till =
          own.connected(
              HongyanClient.builder(own.socket())
                  .client("till")
                  .token(() -> CompletableFuture.completedFuture(token))
                  .queue(5, 1 << 20)
                  .onEvent(states));
      Received received = new Received();
      ready(till, SubscribeOptions.live("own", "app.own"), received);
      own.node().kill();
      states.next(State.WAITING);
      List<CompletableFuture<Published>> waiting = new ArrayList<>();
      for (long n = 0; n < 5; n++) {
        waiting.add(till.publish(Publish.of("app.own", null, Map.of("n", n))));
      }
      assertThatThrownBy(
              () ->
                  till.publish(Publish.of("app.own", null, Map.of("n", 5)))
                      .get(SECONDS, TimeUnit.SECONDS))
          .hasCauseInstanceOf(QueueFullException.class);
      own.start();
      for (CompletableFuture<Published> each : waiting) {
        each.get(SECONDS, TimeUnit.SECONDS);
      }
      assertThat(received.await(5)).isEqualTo(numbers(0, 5));
    }
  }

  @Test
  void nothingIsMissingAndNothingHandledTwiceThroughKillsUnderASteadyStream(@TempDir Path dir)
      throws Exception {
    ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor();
    try (Place own = new Place(dir)) {
      List<Received> readers = new ArrayList<>();
      Queue<ClientEvent> gaps = new ConcurrentLinkedQueue<>();
      for (String name : List.of("live-1", "live-2", "durable-1", "durable-2")) {
        Received received = new Received();
        readers.add(received);
        HongyanClient client =
            own.client(
                name,
                event -> {
                  if (event instanceof ClientEvent.Gap) {
                    gaps.add(event);
                  }
                });
        ready(
            client,
            name.startsWith("live")
                ? SubscribeOptions.live(name, "app.stream")
                : SubscribeOptions.durable(name, "app.stream"),
            received);
      }
      HongyanClient source = own.client("source");
      Queue<CompletableFuture<Published>> confirmed = new ConcurrentLinkedQueue<>();
      for (int kill = 0; kill < 3; kill++) {
        CompletableFuture<Void> under = new CompletableFuture<>();
        CompletableFuture<Void> over = new CompletableFuture<>();
        int until = confirmed.size() + 150;
        var ticking =
            ticker.scheduleAtFixedRate(
                () -> {
                  long n = confirmed.size();
                  if (n < until) {
                    confirmed.add(source.publish(Publish.of("app.stream", null, Map.of("n", n))));
                  }
                  if (n == until - 50) {
                    under.complete(null);
                  } else if (n == until) {
                    over.complete(null);
                  }
                },
                0,
                5,
                TimeUnit.MILLISECONDS);
        under.get(SECONDS, TimeUnit.SECONDS);
        own.node().kill();
        over.get(SECONDS, TimeUnit.SECONDS);
        ticking.cancel(false);
        own.start();
        for (CompletableFuture<Published> each : confirmed) {
          each.get(SECONDS, TimeUnit.SECONDS);
        }
      }
      for (Received received : readers) {
        assertThat(received.await(450)).isEqualTo(numbers(0, 450));
      }
      assertThat(gaps).isEmpty();
    } finally {
      ticker.shutdownNow();
    }
  }

  private static void ready(HongyanClient client, SubscribeOptions options, Received received)
      throws Exception {
    client.subscribe(options, received).ready().get(SECONDS, TimeUnit.SECONDS);
  }

  /** Gives the cursor of the last. */
  @CanIgnoreReturnValue
  private static String publish(HongyanClient client, String topic, long from, int count)
      throws Exception {
    String cursor = "";
    for (long n = from; n < from + count; n++) {
      cursor =
          client
              .publish(Publish.of(topic, null, Map.of("n", n)))
              .get(SECONDS, TimeUnit.SECONDS)
              .cursor();
    }
    return cursor;
  }

  private static List<Long> numbers(long from, int count) {
    return LongStream.range(from, from + count).boxed().toList();
  }

  /** The states that a client enters. */
  private static final class States implements Consumer<ClientEvent> {
    final Queue<State> seen = new ConcurrentLinkedQueue<>();
    private final Map<State, CompletableFuture<ClientEvent.StateChanged>> first =
        Map.of(
            State.OPEN, new CompletableFuture<>(),
            State.WAITING, new CompletableFuture<>(),
            State.CLOSED, new CompletableFuture<>());

    @Override
    public void accept(ClientEvent event) {
      if (event instanceof ClientEvent.StateChanged change) {
        seen.add(change.state());
        if (first.containsKey(change.state())) {
          first.get(change.state()).complete(change);
        }
      }
    }

    /** The first time it enters it. */
    ClientEvent.StateChanged next(State state) throws Exception {
      return first.get(state).get(SECONDS, TimeUnit.SECONDS);
    }
  }
}
