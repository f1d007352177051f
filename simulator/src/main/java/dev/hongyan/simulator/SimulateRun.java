package dev.hongyan.simulator;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.delivery.Attempt;
import dev.hongyan.simulator.delivery.FlowOptions;
import dev.hongyan.simulator.delivery.FlowReport;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.delivery.PushResult;
import dev.hongyan.simulator.delivery.Verification;
import dev.hongyan.simulator.push.Draft;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.simulator.push.Traffic;
import dev.hongyan.simulator.user.SimulatedUser;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The command {@code hongyan simulate}: one line per push, a summary, an exit code. Message text
 * and whole openids are not printed.
 */
public final class SimulateRun {
  /** Everything was answered {@code success} or in a way that means the same. */
  public static final int EXIT_ACCEPTED = 0;

  /** Something was not. */
  public static final int EXIT_NOT_ACCEPTED = 1;

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  private final SimulateOptions options;
  private final PrintStream out;
  private final ZoneId zone;
  private final WeChatSimulator wechat;
  private final PushLine line;
  private final Promise<Void> stopped = Promise.promise();

  /**
   * A run; nothing is sent before {@link #run}.
   *
   * @param out where the lines go
   * @param zone in which times are printed
   */
  public SimulateRun(
      Vertx vertx,
      Clock clock,
      Timers timers,
      SimulateOptions options,
      PrintStream out,
      ZoneId zone) {
    this.options = options;
    this.out = out;
    this.zone = zone;
    this.wechat = new WeChatSimulator(vertx, clock, timers, options.seed(), options.delivery());
    this.line = wechat.register(options.account());
  }

  /**
   * Runs to the end: that of the traffic or, if the API side is served, until {@link #stop}.
   *
   * @return the exit code; fails with {@link IllegalArgumentException} if {@code only} leaves
   *     nothing of the product's traffic
   */
  public Future<Integer> run() {
    return Future.succeededFuture()
        .compose(ignored -> serve())
        .compose(ignored -> start())
        .compose(this::served)
        .eventually(wechat::close);
  }

  /** Ends the API side, and with it the run when its traffic is at its end. */
  public void stop() {
    stopped.tryComplete();
  }

  private Future<Void> serve() {
    ApiOptions api = options.api();
    return api == null
        ? Future.succeededFuture()
        : wechat
            .serveApi(api)
            .onSuccess(served -> out.println("the API side is at " + served.url()))
            .mapEmpty();
  }

  private Future<Integer> served(int exitCode) {
    return options.api() == null
        ? Future.succeededFuture(exitCode)
        : stopped.future().map(exitCode);
  }

  private Future<Integer> start() {
    Traffic traffic = line.traffic(options.users(), options.only());
    return options.verifyUrl()
        ? line.verifyUrl().compose(verified -> verified(verified, traffic))
        : push(traffic);
  }

  private Future<Integer> verified(Verification verification, Traffic traffic) {
    if (!verification.confirmed()) {
      out.println("URL verification refused: " + verification.fault());
      return Future.succeededFuture(EXIT_NOT_ACCEPTED);
    }
    out.println("URL verified in " + verification.millis() + " ms");
    return push(traffic);
  }

  private Future<Integer> push(Traffic traffic) {
    FlowOptions flow = options.flow();
    if (flow == null) {
      return Future.succeededFuture(EXIT_ACCEPTED);
    }
    return line.run(flow, traffic, result -> out.println(describe(result)))
        .map(
            report -> {
              out.println(describe(report));
              return report.allAccepted() ? EXIT_ACCEPTED : EXIT_NOT_ACCEPTED;
            });
  }

  private String describe(PushResult result) {
    SimulatedPush push = result.push();
    String time = TIME.format(Instant.ofEpochMilli(result.startedAtMillis()).atZone(zone));
    String type = push.kind() == Draft.Kind.EVENT ? "event " + push.type() : push.type();
    String openid = push.openid();
    List<Attempt> attempts = result.attempts();
    String fault = attempts.isEmpty() ? "" : "  " + attempts.get(attempts.size() - 1).fault();
    return String.format(
            Locale.ROOT,
            "%s  %-32s  %-8s  %s  %-8s %5d ms%s",
            time,
            type,
            openid == null ? "-" : SimulatedUser.masked(openid),
            attempts.size() == 1 ? "1 try  " : attempts.size() + " tries",
            result.answered().name().toLowerCase(Locale.ROOT),
            result.millis(),
            fault)
        .stripTrailing();
  }

  private static String describe(FlowReport report) {
    String counts =
        report.counts().entrySet().stream()
            .filter(entry -> entry.getValue() > 0)
            .sorted(Map.Entry.comparingByKey())
            .map(entry -> entry.getValue() + " " + entry.getKey().name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    double seconds = Math.max(1, report.millis()) / 1000.0;
    return String.format(
        Locale.ROOT,
        "%d pushes in %.1f s (%.1f/s), %d tries: %s; p50 %d ms, p99 %d ms, worst %d ms, behind"
            + " schedule by at most %d ms",
        report.total(),
        seconds,
        report.total() / seconds,
        report.attempts(),
        counts,
        report.p50Millis(),
        report.p99Millis(),
        report.worstMillis(),
        report.lagMillisMax());
  }
}
