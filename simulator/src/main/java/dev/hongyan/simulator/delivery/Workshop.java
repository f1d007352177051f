package dev.hongyan.simulator.delivery;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.push.PushComposer;
import dev.hongyan.simulator.push.SimulatedPush;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.SplittableRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * What all lines of a simulator share: one event loop on which all work is done, connections, time,
 * the log and the numbers.
 */
public final class Workshop {
  final Wire wire;
  final Clock clock;
  final Timers timers;
  final DeliveryOptions options;
  final PushLog log;
  private volatile PushObserver observer = (account, push) -> {};
  private final HttpWire http;
  private final Context context;
  private final AtomicLong numbers = new AtomicLong();
  private final SplittableRandom random;

  /**
   * A workshop on the caller's event loop, or on a new one if the caller has none.
   *
   * @param timers may run their tasks on any thread
   */
  public Workshop(
      Vertx vertx, Clock clock, Timers timers, long seed, DeliveryOptions options, PushLog log) {
    this.context = vertx.getOrCreateContext();
    this.clock = clock;
    this.timers = new HoppingTimers(timers, context);
    this.options = options;
    this.log = log;
    this.random = new SplittableRandom(seed);
    this.http = new HttpWire(vertx, options);
    this.wire = http;
  }

  /** Opens a line. The order in which lines are opened decides about their randomness. */
  public synchronized PushLine open(SimulatedAccount account) {
    PushComposer composer = new PushComposer(account, clock, numbers);
    return new PushLine(account, this, composer, random.split(), random.split());
  }

  /** Lets somebody see every push before its first try; a later one takes the former's place. */
  public void observe(PushObserver newObserver) {
    observer = newObserver;
  }

  void observed(SimulatedAccount account, SimulatedPush push) {
    observer.pushing(account, push);
  }

  /** Closes all connections; pushes under way end as refused. */
  public Future<Void> close() {
    return http.close();
  }

  /** Does something on the event loop of this workshop. */
  public <T> Future<T> work(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        ignored -> {
          try {
            work.get().onComplete(promise);
          } catch (RuntimeException e) {
            promise.tryFail(e);
          }
        });
    return promise.future();
  }

  /** One request with the deadline of a try. */
  Future<Wire.Answer> once(String method, URI url, String query, byte[] body, String contentType) {
    Wire.Exchange exchange = wire.send(method, url, query, body, contentType);
    Promise<Wire.Answer> promise = Promise.promise();
    Timers.Cancellable deadline =
        timers.after(
            options.tryTimeout(),
            () -> {
              promise.tryFail(new TimeoutException("no answer in time"));
              exchange.abandon();
            });
    exchange
        .answer()
        .onComplete(
            result -> {
              deadline.cancel();
              if (result.succeeded()) {
                promise.tryComplete(result.result());
              } else {
                promise.tryFail(result.cause());
              }
            });
    return promise.future();
  }

  long millisSince(long nanos) {
    return (clock.nanos() - nanos) / 1_000_000;
  }
}
