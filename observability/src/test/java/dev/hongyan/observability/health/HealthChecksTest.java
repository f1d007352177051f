package dev.hongyan.observability.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HealthChecksTest {
  private final ManualTime time = new ManualTime(0);
  private final HealthChecks checks = new HealthChecks(time, time);

  @Test
  void aNodeWithNothingToCheckIsUp() {
    assertThat(checks.report().result().toJson().encode())
        .isEqualTo("{\"status\":\"up\",\"components\":{}}");
  }

  @Test
  void theReportNamesEveryComponentWithItsLatency() {
    Promise<Status> answer = Promise.promise();
    checks.essential("store", answer::future);
    checks.helpful("wechat", () -> Future.succeededFuture(Status.degraded("slow")));

    Future<Report> report = checks.report();
    time.advance(Duration.ofMillis(4));
    answer.complete(Status.up());

    assertThat(report.result().toJson().encode())
        .isEqualTo(
            "{\"status\":\"degraded\",\"components\":{"
                + "\"store\":{\"status\":\"up\",\"latencyMs\":4.0},"
                + "\"wechat\":{\"status\":\"degraded\",\"latencyMs\":0.0,\"detail\":\"slow\"}}}");
    assertThat(time.pending()).isZero();
  }

  @Test
  void onlyAnEssentialComponentTakesTheNodeDown() {
    checks.helpful("tracing", () -> Future.succeededFuture(Status.down("no collector")));
    assertThat(checks.report().result().state()).isEqualTo(Status.State.DEGRADED);

    checks.essential("store", () -> Future.failedFuture("connection refused"));

    Report report = checks.report().result();
    assertThat(report.state()).isEqualTo(Status.State.DOWN);
    assertThat(report.components().get("store").status())
        .isEqualTo(Status.down("connection refused"));
  }

  @Test
  void aCheckThatThrowsIsDownAndDoesNotBreakTheReport() {
    checks.essential(
        "store",
        () -> {
          throw new IllegalStateException("not connected");
        });

    assertThat(checks.report().result().components().get("store").status().detail())
        .isEqualTo("not connected");
  }

  @Test
  void aCheckThatHangsIsDownAfterOneSecondAndIsNotAskedAgainAtOnce() {
    AtomicInteger asked = new AtomicInteger();
    checks.essential(
        "store",
        () -> {
          asked.incrementAndGet();
          return Promise.<Status>promise().future();
        });

    Future<Report> report = checks.report();
    time.advance(Duration.ofMillis(999));
    assertThat(report.isComplete()).isFalse();
    time.advance(Duration.ofMillis(1));

    assertThat(report.result().components().get("store").status().detail())
        .isEqualTo("no answer within 1 s");
    assertThat(checks.report().result().state()).isEqualTo(Status.State.DOWN);
    assertThat(asked).hasValue(1);

    time.advance(HealthChecks.GIVE_UP);
    Future<Report> later = checks.report();
    assertThat(later.isComplete()).isFalse();
    assertThat(asked).hasValue(2);
  }

  @Test
  void aLateAnswerOfAHangingCheckLetsItBeAskedAgain() {
    Promise<Status> slow = Promise.promise();
    AtomicInteger asked = new AtomicInteger();
    checks.essential(
        "store",
        () -> asked.getAndIncrement() == 0 ? slow.future() : Future.succeededFuture(Status.up()));
    Future<Report> first = checks.report();
    time.advance(Duration.ofSeconds(2));
    assertThat(first.result().state()).isEqualTo(Status.State.DOWN);

    slow.complete(Status.up());

    assertThat(checks.report().result().state()).isEqualTo(Status.State.UP);
  }

  @Test
  void whoAsksMeanwhileSharesTheAnswer() {
    Promise<Status> answer = Promise.promise();
    AtomicInteger asked = new AtomicInteger();
    checks.essential(
        "store",
        () -> {
          asked.incrementAndGet();
          return answer.future();
        });

    Future<Report> one = checks.report();
    Future<Report> two = checks.report();
    answer.complete(Status.up());

    assertThat(one.result().state()).isEqualTo(Status.State.UP);
    assertThat(two.result().state()).isEqualTo(Status.State.UP);
    assertThat(asked).hasValue(1);
  }
}
