package dev.hongyan.deploy.node;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.observability.health.HealthChecks;
import dev.hongyan.observability.health.Status;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.spool.Intake;
import dev.hongyan.router.spool.Spool;
import dev.hongyan.router.spool.SpoolVerticle;
import dev.hongyan.router.spool.SpoolingIntake;
import dev.hongyan.router.tail.TailExchange;
import dev.hongyan.tenant.store.Store;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The spool of a node: where it is, what empties it, and what health says of it. */
final class NodeSpool {
  private NodeSpool() {}

  static Future<Spool> open(
      Config config, String node, Clock clock, LongSupplier marks, Metrics metrics) {
    Path dir = config.spool().dir();
    return Spool.open(
        new Spool.Settings(
            dir == null ? config.store().dir().resolve("spool") : dir,
            node,
            config.spool().maxBytes()),
        clock,
        marks,
        metrics);
  }

  /** Where the pushes of a loop go; {@code spool} is null when there is none. */
  static Intake intake(@Nullable Spool spool, GatewayVerticle.Loop loop, Clock clock) {
    return spool == null
        ? Intake.intoTheLog(loop.appender())
        : new SpoolingIntake(
            loop.appender(), loop.link(), spool, clock, loop.timers(), loop.endOfTick());
  }

  static SpoolVerticle drain(
      Spool spool,
      Store store,
      Clock clock,
      TailExchange exchange,
      ControlVerticle control,
      Supplier<String> newEpoch,
      BooleanSupplier otherNodes,
      HealthChecks health,
      Metrics metrics) {
    health.helpful("spool", () -> Future.succeededFuture(status(spool.state())));
    return new SpoolVerticle(
        new SpoolVerticle.Parts(
            spool,
            store,
            clock,
            exchange,
            tenant -> exists(control, tenant),
            newEpoch,
            otherNodes,
            metrics));
  }

  private static Status status(Spool.State spool) {
    String held = spool.messages() + " pushes wait for the store, " + spool.bytes() + " bytes";
    if (spool.trouble() != null) {
      return Status.down("cannot be written: " + spool.trouble());
    } else if (spool.full()) {
      return Status.down("full: " + held);
    } else if (spool.messages() > 0) {
      return Status.degraded(held);
    } else if (spool.badBytes() > 0) {
      return Status.degraded(spool.badBytes() + " bytes were set aside, see the folder bad");
    }
    return Status.up();
  }

  /** A tenant of whom this process has not heard yet may be in the store. */
  private static Future<Boolean> exists(ControlVerticle c, String tenant) {
    return c.directory().find(tenant) != null
        ? Future.succeededFuture(true)
        : c.tenants()
            .read(tenant)
            .map(found -> true)
            .recover(
                no ->
                    ProblemException.of(no) == Problem.NOT_FOUND
                        ? Future.succeededFuture(false)
                        : Future.failedFuture(no));
  }
}
