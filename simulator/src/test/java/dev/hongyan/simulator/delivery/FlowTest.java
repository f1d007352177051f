package dev.hongyan.simulator.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.simulator.push.Draft;
import dev.hongyan.simulator.push.SimulatedPush;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FlowTest {
  private final ManualTime time = new ManualTime(1_790_000_000_000L);
  private final Map<SimulatedPush, Promise<PushResult>> underWay = new LinkedHashMap<>();
  private final List<SimulatedPush> begun = new ArrayList<>();
  private final List<PushResult> results = new ArrayList<>();
  private long numbers;

  private SimulatedPush next(int users) {
    long number = ++numbers;
    return new SimulatedPush(
        number, number, Draft.Kind.MESSAGE, "text", "o" + number % users, 1, new byte[0]);
  }

  private Future<PushResult> deliver(SimulatedPush push) {
    Promise<PushResult> promise = Promise.promise();
    underWay.put(push, promise);
    begun.add(push);
    return promise.future();
  }

  private static PushResult result(SimulatedPush push, Answered answered) {
    Attempt attempt = new Attempt(answered, 200, "", 1, "1", 7);
    return new PushResult(push, "wx", List.of(attempt), answered, 1, 7, null);
  }

  private void end(SimulatedPush push) {
    underWay.remove(push).complete(result(push, Answered.SUCCESS));
  }

  private Future<FlowReport> run(FlowOptions options, int users) {
    return new Flow(options, time, time, () -> next(users), this::deliver, results::add).run();
  }

  @Test
  void theScheduleDoesNotWaitForAnswers() {
    Future<FlowReport> report = run(new FlowOptions(100, 50, 1000, false), 50);
    assertThat(begun).hasSize(1);
    time.advance(Duration.ofMillis(100));
    assertThat(begun).hasSize(11);
    time.advance(Duration.ofSeconds(1));
    assertThat(begun).hasSize(50);
    assertThat(report.isComplete()).isFalse();

    List.copyOf(underWay.keySet()).forEach(this::end);
    assertThat(report.result().total()).isEqualTo(50);
    assertThat(report.result().allAccepted()).isTrue();
    assertThat(report.result().p50Millis()).isEqualTo(7);
    assertThat(report.result().lagMillisMax()).isLessThan(10);
    assertThat(time.pending()).as("the ticker is gone").isZero();
  }

  @Test
  void noMoreThanAllowedAreInFlightAndTheLagIsReported() {
    Future<FlowReport> report = run(new FlowOptions(1000, 20, 4, false), 50);
    time.advance(Duration.ofSeconds(2));
    assertThat(begun).hasSize(4);
    while (!report.isComplete()) {
      assertThat(underWay).hasSizeLessThanOrEqualTo(4);
      end(underWay.keySet().iterator().next());
    }
    assertThat(begun).hasSize(20);
    assertThat(report.result().lagMillisMax()).isGreaterThanOrEqualTo(1_980);
  }

  @Test
  void aUsersPushesNeverOverlapAndKeepTheirOrder() {
    SplittableRandom random = new SplittableRandom(11);
    Future<FlowReport> report = run(new FlowOptions(0, 2_000, 8, true), 5);
    Map<String, Long> last = new LinkedHashMap<>();
    int seen = 0;
    while (!report.isComplete()) {
      Set<String> users = new HashSet<>();
      assertThat(underWay.keySet()).allMatch(push -> users.add(push.openid()));
      for (; seen < begun.size(); seen++) {
        SimulatedPush push = begun.get(seen);
        Long former = last.put(push.openid(), push.number());
        assertThat(former == null || former < push.number()).isTrue();
      }
      List<SimulatedPush> candidates = List.copyOf(underWay.keySet());
      end(candidates.get(random.nextInt(candidates.size())));
    }
    assertThat(begun).hasSize(2_000);
    assertThat(results).hasSize(2_000);
  }

  @Test
  void pushesThatEndAtOnceDoNotOverflowTheStack() {
    Flow flow =
        new Flow(
            new FlowOptions(0, 200_000, 2, true),
            time,
            time,
            () -> next(3),
            push -> Future.succeededFuture(result(push, Answered.INVALID)),
            ignored -> {});
    FlowReport report = flow.run().result();
    assertThat(report.counts().get(Answered.INVALID)).isEqualTo(200_000);
    assertThat(report.allAccepted()).isFalse();
  }
}
