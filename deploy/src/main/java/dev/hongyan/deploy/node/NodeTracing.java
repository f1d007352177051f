package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.tracing.Tracing;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.Deque;
import java.util.function.Supplier;

/** The traces of a node: off unless there is a collector. */
final class NodeTracing {
  /** What stopping waits for the collector, out of the time that all of it has. */
  private static final Duration STOP_WITHIN = Duration.ofMillis(800);

  private NodeTracing() {}

  /** Begins them; they are stopped after everything that is started later. */
  static Tracing start(
      Vertx vertx,
      Config.Tracing config,
      Tracing.Process process,
      Metrics metrics,
      Clock clock,
      Deque<Supplier<Future<?>>> stops) {
    URI otlp = config.otlp();
    if (otlp == null) {
      return Tracing.off();
    }
    Tracing tracing = Tracing.start(otlp, config.ratio(), process, metrics, clock);
    stops.push(
        () ->
            vertx.executeBlocking(
                () -> {
                  tracing.stop(STOP_WITHIN);
                  return true;
                },
                false));
    return tracing;
  }
}
