package dev.hongyan.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the receivers count: this is what all claims rest on. */
class ReceiverTest {
  private final Generator generator = new Generator();
  private final Seen seen = new Seen();
  private final Told told = new Told();
  private final Receiver receiver =
      new Receiver(
          generator, seen, new Receiver.Target(1, "", "app.bench"), "r1", Receiver.Kind.LIVE, told);

  @AfterEach
  void end() {
    generator.close();
  }

  @Test
  void messagesInOrderAreCountedAndNothingElse() {
    receiver.expectAfter(4);

    take(message(5), message(6));
    take(message(7));

    assertThat(seen.delivered()).isEqualTo(3);
    assertThat(seen.frames()).isEqualTo(2);
    assertThat(seen.missing()).isZero();
    assertThat(seen.duplicates()).isZero();
    assertThat(receiver.lastNumber()).isEqualTo(7);
  }

  @Test
  void whatIsJumpedOverIsMissing() {
    receiver.expectAfter(4);

    take(message(8));

    assertThat(seen.missing()).isEqualTo(3);
  }

  @Test
  void whatTheServerRefusedIsNotMissing() {
    receiver.expectAfter(4);

    take(message(8));
    seen.refused(6);

    assertThat(seen.missing()).isEqualTo(2);
  }

  @Test
  void whatComesLateIsOutOfOrderAndNoLongerMissing() {
    receiver.expectAfter(4);

    take(message(7), message(5), message(6), message(6));

    assertThat(seen.missing()).isZero();
    assertThat(seen.outOfOrder()).isEqualTo(2);
    assertThat(seen.duplicates()).isEqualTo(1);
    assertThat(receiver.lastNumber()).isEqualTo(7);
  }

  @Test
  void whatComesAgainIsADuplicateAndNotDelivered() {
    receiver.expectAfter(4);

    take(message(5), message(5));

    assertThat(seen.delivered()).isEqualTo(1);
    assertThat(seen.duplicates()).isEqualTo(1);
  }

  @Test
  void aReceiverHasCaughtUpOnceItHasTheHeadOfItsSubscription() {
    take("{\"op\":\"subscribed\",\"verdict\":\"resumed\",\"cursor\":\"e1:4\",\"head\":\"e1:6\"}");
    assertThat(receiver.state()).isEqualTo(Receiver.State.CATCHING_UP);

    take(message(5), message(6));

    assertThat(receiver.state()).isEqualTo(Receiver.State.CAUGHT_UP);
    assertThat(told.caughtUp).isEqualTo(1);
    assertThat(told.verdict).isEqualTo("resumed");
  }

  @Test
  void anErrorOfTheServerIsKept() {
    take("{\"op\":\"error\",\"code\":\"rate-limited\",\"message\":\"slow down\"}");

    assertThat(seen.errors()).containsEntry("error rate-limited", 1L);
  }

  @Test
  void latencyIsCountedFromTheIntendedMomentAndOnlyWithinTheWindow() {
    seen.windowFrom(1_000);
    long sinceMeant = generator.now() - 1_000;

    take(message(1, 999), message(2, 1_000));

    assertThat(seen.windowEnd().getTotalCount()).isEqualTo(1);
    assertThat(seen.windowEnd().getMaxValue()).isGreaterThanOrEqualTo(sinceMeant);
  }

  private void take(String... lines) {
    ByteBuf data = Unpooled.copiedBuffer(String.join("\n", lines), StandardCharsets.UTF_8);
    receiver.text(null, data, 0, data.readableBytes());
  }

  private static String message(long n) {
    return message(n, 0);
  }

  private static String message(long n, long nanos) {
    return "{\"op\":\"msg\",\"cursor\":\"e1:"
        + n
        + "\",\"event\":{\"id\":\"1\",\"data\":"
        + new String(Stamps.data(256, n, nanos), StandardCharsets.US_ASCII)
        + "}}";
  }

  private static final class Told implements Receiver.Watcher {
    private int caughtUp;
    private String verdict = "";

    @Override
    public void attached(Receiver receiver, String verdict) {
      this.verdict = verdict;
    }

    @Override
    public void caughtUp(Receiver receiver) {
      caughtUp++;
    }

    @Override
    public void lost(Receiver receiver, int code, String reason, boolean wasCaughtUp) {}
  }
}
