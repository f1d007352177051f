package dev.hongyan.router.spool;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.tail.TailExchange;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.ContextInternal;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** Drains the spool whenever the store is reached. One for the process. */
public final class SpoolVerticle extends VerticleBase {
  private final Parts parts;
  private RedisLink link;
  private SpoolDrain drain;

  /**
   * What it works with.
   *
   * @param exists whether a tenant is there; fails when that is not known
   * @param newEpoch names a log that does not exist yet
   * @param otherNodes whether there are processes that want to hear of new messages
   */
  public record Parts(
      Spool spool,
      Store store,
      Clock clock,
      TailExchange exchange,
      Function<String, Future<Boolean>> exists,
      Supplier<String> newEpoch,
      BooleanSupplier otherNodes,
      Metrics metrics) {}

  @SuppressWarnings("NullAway.Init") // set in start, before anything else can run
  public SpoolVerticle(Parts parts) {
    this.parts = parts;
  }

  @Override
  public Future<?> start() {
    Executor onLoop = task -> context.runOnContext(v -> task.run());
    link = parts.store().link();
    Tally appended = parts.metrics().tally(Series.LOG_APPENDED);
    // Its own: a call of the log's holds exactly one chunk's messages of a tenant.
    LogAppender log =
        new LogAppender(
            link,
            parts.clock(),
            parts.newEpoch(),
            onLoop,
            parts.otherNodes(),
            entries -> {
              appended.add(entries.size());
              tell(entries);
            });
    drain =
        new SpoolDrain(
            parts.spool(),
            log::append,
            tenant -> here(parts.exists().apply(tenant)),
            link::isUp,
            new VertxTimers(vertx),
            parts.metrics());
    parts.spool().onFilled(() -> onLoop.execute(drain::go));
    link.onState(up -> drain.go());
    drain.go();
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    drain.stop();
    return link.close();
  }

  /** The directory answers from its own loop. */
  private <T> Future<T> here(Future<T> elsewhere) {
    Promise<T> promise = ((ContextInternal) context).promise();
    elsewhere.onComplete(promise);
    return promise.future();
  }

  /** Readers fetch them from the log: it may be a whole backlog, which no tail would keep. */
  private void tell(List<LogEntry> entries) {
    LogEntry newest = entries.get(entries.size() - 1);
    parts.exchange().hint(newest.tenant(), newest.seq());
  }
}
