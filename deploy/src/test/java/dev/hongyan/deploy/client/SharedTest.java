package dev.hongyan.deploy.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.client.HongyanClient;
import dev.hongyan.client.Message;
import dev.hongyan.client.MessageHandler;
import dev.hongyan.client.Publish;
import dev.hongyan.client.SubscribeOptions;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shared subscriptions of the Java client against a node in a process of its own. */
class SharedTest {
  private static final int SECONDS = 60;
  private static Place place;
  private static HongyanClient publisher;

  @BeforeAll
  static void start(@TempDir Path dir) throws Exception {
    place = new Place(dir);
    publisher = place.client("publisher");
  }

  @AfterAll
  static void stop() throws Exception {
    place.close();
  }

  private record Call(Message message, CompletableFuture<Void> end) {
    long n() {
      return number(message);
    }

    void done() {
      end.complete(null);
    }
  }

  /** A handler that waits until it is told how to end. */
  private static final class Hands {
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();

    CompletableFuture<Void> handle(Message message) {
      Call call = new Call(message, new CompletableFuture<>());
      calls.add(call);
      return call.end;
    }

    Call next() throws InterruptedException {
      Call call = calls.poll(SECONDS, TimeUnit.SECONDS);
      assertThat(call).as("a message comes").isNotNull();
      return call;
    }
  }

  private static long number(Message message) {
    return (Long) ((Map<?, ?>) message.event().data()).get("n");
  }

  private static SubscribeOptions work(String name) {
    return SubscribeOptions.shared(name, "app." + name).from("first");
  }

  @CanIgnoreReturnValue
  private HongyanClient worker(SubscribeOptions options, MessageHandler handler) throws Exception {
    HongyanClient client = place.client("w-" + UUID.randomUUID());
    client.subscribe(options, handler).ready().get(SECONDS, TimeUnit.SECONDS);
    return client;
  }

  private static void publish(String name, long n, String subject) throws Exception {
    publisher
        .publish(Publish.of("app." + name, subject, Map.of("n", n)))
        .get(SECONDS, TimeUnit.SECONDS);
  }

  private record Seen(int who, String subject, long n) {}

  @Test
  void workIsSpreadAndASubjectStaysWithOneWorkerInOrderAndOneAtATime() throws Exception {
    Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    Queue<String> met = new ConcurrentLinkedQueue<>();
    Set<String> busy = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(60);
    for (int i = 0; i < 2; i++) {
      int who = i;
      worker(
          work("spread"),
          message -> {
            String subject = message.event().subject();
            if (!busy.add(subject)) {
              met.add(subject);
            }
            Thread.yield(); // so that two at a time would meet
            seen.add(new Seen(who, subject, number(message)));
            busy.remove(subject);
            all.countDown();
            return null;
          });
    }
    for (int n = 0; n < 60; n++) {
      publish("spread", n, "u" + n % 6);
    }
    assertThat(all.await(SECONDS, TimeUnit.SECONDS)).isTrue();

    assertThat(met).as("two of one subject at a time").isEmpty();
    assertThat(seen).extracting(Seen::n).containsExactlyInAnyOrderElementsOf(numbers(0, 60, 1));
    assertThat(seen).extracting(Seen::who).contains(0, 1);
    Map<String, List<Seen>> bySubject = seen.stream().collect(Collectors.groupingBy(Seen::subject));
    bySubject.forEach(
        (subject, of) -> {
          assertThat(of.stream().map(Seen::who).distinct()).as(subject).hasSize(1);
          long first = Long.parseLong(subject.substring(1));
          assertThat(of).extracting(Seen::n).isEqualTo(numbers(first, 10, 6));
        });
  }

  private static List<Long> numbers(long from, int count, int step) {
    return LongStream.range(0, count).map(i -> from + i * step).boxed().toList();
  }

  @Test
  void whatAWorkerHadWhenItLeftGoesToAnotherAsTheNextAttempt() throws Exception {
    Hands left = new Hands();
    Hands right = new Hands();
    HongyanClient leaving = worker(work("leave"), left::handle);
    publish("leave", 1, "anna");
    assertThat(left.next().message().attempt()).isEqualTo(1);
    worker(work("leave"), right::handle);
    leaving.close();
    Call again = right.next();
    assertThat(again.n()).isEqualTo(1);
    assertThat(again.message().attempt()).isEqualTo(2);
    again.done();
    publish("leave", 2, "anna");
    assertThat(right.next().message().attempt()).isEqualTo(1);
  }

  @Test
  void aFailedMessageComesAgainBeforeTheNextOfItsSubject() throws Exception {
    Hands one = new Hands();
    worker(work("nack").nackDelay(Duration.ofMillis(50)), one::handle);
    publish("nack", 1, "anna");
    one.next().end().completeExceptionally(new IllegalStateException("busy"));
    publish("nack", 2, "anna");
    Call again = one.next();
    assertThat(again.n()).isEqualTo(1);
    assertThat(again.message().attempt()).isEqualTo(2);
    again.done();
    assertThat(one.next().n()).isEqualTo(2);
  }

  @Test
  void aTerminatedMessageIsADeadLetterAndItsSubjectGoesOn() throws Exception {
    Hands one = new Hands();
    worker(work("term"), one::handle);
    publish("term", 1, "anna");
    publish("term", 2, "anna");
    Call bad = one.next();
    bad.message().term("no such order");
    bad.done();
    Call next = one.next();
    assertThat(next.n()).isEqualTo(2);
    next.done();
    JsonObject page =
        place.ask(
            "GET", "/tenants/" + Place.TENANT + "/dead-letters?consumer=term", new JsonObject());
    List<String> letters = new ArrayList<>();
    for (Object item : page.getJsonArray("items")) {
      JsonObject letter = (JsonObject) item;
      letters.add(
          letter.getJsonObject("event").getJsonObject("data").getLong("n")
              + " "
              + letter.getString("lastError"));
    }
    assertThat(letters).containsExactly("1 no such order");
  }
}
