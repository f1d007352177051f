package dev.hongyan.simulator.delivery;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.wechat.push.PushEncoder;
import dev.hongyan.wechat.push.PushEncoder.EncodedPush;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Delivers the pushes of one account the way WeChat does: up to three tries, each signed and
 * encrypted anew around the same inner document. Used by one thread.
 */
final class Delivery {
  private final SimulatedAccount account;
  private final Wire wire;
  private final Clock clock;
  private final Timers timers;
  private final DeliveryOptions options;
  private final RandomGenerator random;
  private final MarkFail markFail;
  private final PushEncoder encoder = new PushEncoder();
  private final ReplyReader reader = new ReplyReader();

  Delivery(
      SimulatedAccount account,
      Wire wire,
      Clock clock,
      Timers timers,
      DeliveryOptions options,
      RandomGenerator random) {
    this.account = account;
    this.wire = wire;
    this.clock = clock;
    this.timers = timers;
    this.options = options;
    this.random = random;
    this.markFail = new MarkFail(clock, options);
  }

  /** Pushes; the future never fails for what the receiver does. */
  Future<PushResult> push(SimulatedPush push) {
    if (markFail.isBlocked()) {
      return Future.succeededFuture(
          new PushResult(
              push, account.appId(), List.of(), Answered.DROPPED, clock.wallMillis(), 0, null));
    }
    Tries tries = new Tries(push);
    tries.begin();
    return tries.result.future();
  }

  /** Nine or ten digits, as WeChat's are. */
  String nonce() {
    return Integer.toString(100_000_000 + random.nextInt(1_900_000_000));
  }

  byte[] random16() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return bytes;
  }

  /** The tries of one push, one after the other. */
  private final class Tries {
    private final SimulatedPush push;
    private final Promise<PushResult> result = Promise.promise();
    private final List<Attempt> attempts = new ArrayList<>(options.tries());
    private final long startedAtMillis = clock.wallMillis();
    private final long startedNanos = clock.nanos();

    Tries(SimulatedPush push) {
      this.push = push;
    }

    void begin() {
      long timestamp = clock.wallMillis() / 1000;
      String nonce = nonce();
      EncodedPush encoded =
          encoder.push(
              account.settings(), push.inner(), push.openid(), timestamp, nonce, random16());
      Try attempt = new Try(this, timestamp, nonce);
      attempt.start(
          wire.send(
              "POST", account.callback(), encoded.query(), encoded.body(), encoded.contentType()));
    }

    void ended(Attempt attempt, @Nullable ReplyDocument reply) {
      attempts.add(attempt);
      Answered answered = attempt.answered();
      boolean again =
          answered == Answered.TIMEOUT
              || answered == Answered.REFUSED
              || (answered == Answered.INVALID && attempt.status() != 200);
      if (!again || attempts.size() == options.tries()) {
        finish(answered, reply);
      } else if (answered == Answered.TIMEOUT || options.pauseAfterRefusal().isZero()) {
        begin();
      } else {
        var unused = timers.after(options.pauseAfterRefusal(), this::begin);
      }
    }

    private void finish(Answered answered, @Nullable ReplyDocument reply) {
      markFail.count(answered.accepted());
      result.complete(
          new PushResult(
              push,
              account.appId(),
              attempts,
              answered,
              startedAtMillis,
              millisSince(startedNanos),
              reply));
    }
  }

  /** One try: whatever comes first, the answer or the deadline, decides. */
  private final class Try {
    private final Tries tries;
    private final long timestampSeconds;
    private final String nonce;
    private final long beganNanos = clock.nanos();
    private boolean over;

    Try(Tries tries, long timestampSeconds, String nonce) {
      this.tries = tries;
      this.timestampSeconds = timestampSeconds;
      this.nonce = nonce;
    }

    void start(Wire.Exchange exchange) {
      Duration timeout = options.tryTimeout();
      Timers.Cancellable deadline =
          timers.after(
              timeout,
              () -> {
                if (!over) {
                  // Settled before the connection goes, which would look like a refusal.
                  over = true;
                  exchange.abandon();
                  end(Answered.TIMEOUT, 0, "no answer in " + timeout.toMillis() + " ms", null);
                }
              });
      exchange
          .answer()
          .onComplete(
              answer -> {
                if (settle(deadline)) {
                  answered(answer);
                }
              },
              failure -> {
                if (settle(deadline)) {
                  end(Answered.REFUSED, 0, String.valueOf(failure.getMessage()), null);
                }
              });
    }

    private boolean settle(Timers.Cancellable deadline) {
      if (over) {
        return false;
      }
      over = true;
      deadline.cancel();
      return true;
    }

    private void answered(Wire.Answer answer) {
      if (answer.status() != 200) {
        end(Answered.INVALID, answer.status(), "status " + answer.status(), null);
        return;
      }
      ReplyReader.Judgement judgement = reader.judge(account, tries.push, answer.body());
      end(judgement.answered(), 200, judgement.fault(), judgement.reply());
    }

    private void end(Answered answered, int status, String fault, @Nullable ReplyDocument reply) {
      tries.ended(
          new Attempt(answered, status, fault, timestampSeconds, nonce, millisSince(beganNanos)),
          reply);
    }
  }

  private long millisSince(long nanos) {
    return (clock.nanos() - nanos) / 1_000_000;
  }
}
