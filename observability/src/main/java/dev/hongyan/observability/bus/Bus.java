package dev.hongyan.observability.bus;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The event bus with types. Bodies are immutable and go by reference inside one JVM; a {@link
 * ProblemException} on one side arrives as one on the other; every question has a deadline.
 *
 * <p>One-way traffic is a hint: it may be lost, and whoever sends it must not rely on it (law 2 of
 * the design).
 */
public final class Bus {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

  private final EventBus events;
  private final DeliveryOptions oneWay =
      new DeliveryOptions().setCodecName(IdentityCodec.NAME).setLocalOnly(true);
  private final DeliveryOptions question =
      new DeliveryOptions()
          .setCodecName(IdentityCodec.NAME)
          .setLocalOnly(true)
          .setSendTimeout(ANSWER_WITHIN.toMillis());

  private Bus(EventBus events) {
    this.events = events;
  }

  /** The bus of {@code vertx}; any number of these may be made. */
  public static Bus of(Vertx vertx) {
    EventBus events = vertx.eventBus();
    try {
      events.registerCodec(new IdentityCodec());
    } catch (IllegalStateException alreadyThere) {
      // Registered by an earlier Bus of this Vertx; the codec has no state.
    }
    return new Bus(events);
  }

  /** Sends without waiting for anything; lost when nobody listens. */
  public <Q> void tell(Address<Q, Void> at, Q body) {
    events.send(at.name(), body, oneWay);
  }

  /**
   * Asks, and fails after 5 s with {@link Problem#TIMEOUT} or at once with {@link
   * Problem#OWNER_MOVED} when nobody listens.
   */
  public <Q, R> Future<R> ask(Address<Q, R> at, Q body) {
    return events
        .<Object>request(at.name(), body, question)
        .map(m -> at.reply().cast(m.body()))
        .recover(Bus::translate);
  }

  /** Takes one-way traffic, on the context that calls this. */
  public <Q> MessageConsumer<Object> on(Address<Q, Void> at, Consumer<Q> handler) {
    return events.localConsumer(at.name(), m -> handler.accept(at.query().cast(m.body())));
  }

  /**
   * Answers questions, on the context that calls this; a throw or a failed Future becomes the
   * asker's failure.
   */
  public <Q, R> MessageConsumer<Object> answer(Address<Q, R> at, Function<Q, Future<R>> handler) {
    return events.localConsumer(
        at.name(),
        m ->
            Future.succeededFuture(at.query().cast(m.body()))
                .compose(handler)
                .onComplete(
                    r -> m.reply(r, oneWay),
                    e -> m.fail(ProblemException.of(e).ordinal(), String.valueOf(e.getMessage()))));
  }

  private static <R> Future<R> translate(Throwable failure) {
    if (failure instanceof ReplyException reply) {
      if (reply.failureType() == ReplyFailure.RECIPIENT_FAILURE
          && reply.failureCode() >= 0
          && reply.failureCode() < Problem.values().length) {
        return Future.failedFuture(
            Problem.values()[reply.failureCode()].because(String.valueOf(reply.getMessage())));
      }
      Problem problem =
          reply.failureType() == ReplyFailure.NO_HANDLERS ? Problem.OWNER_MOVED : Problem.TIMEOUT;
      return Future.failedFuture(problem.because(problem.title()));
    }
    return Future.failedFuture(failure);
  }
}
