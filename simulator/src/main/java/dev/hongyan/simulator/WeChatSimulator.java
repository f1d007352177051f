package dev.hongyan.simulator;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.delivery.PushLog;
import dev.hongyan.simulator.delivery.Workshop;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A WeChat on the desk: knows accounts, pushes to their receivers, tries again, remembers what was
 * answered. Thread-safe; its work is done on one event loop, that of the thread that made it or
 * else a new one.
 *
 * <pre>{@code
 * WeChatSimulator wechat = new WeChatSimulator(vertx, clock, timers, 7, DeliveryOptions.wechat());
 * PushLine shop =
 *     wechat.register(
 *         SimulatedAccount.builder(Product.MP, "wx8a7f…", token, URI.create("http://localhost:8080/wx/acme/shop"))
 *             .encodingAesKey(key)
 *             .build());
 * Future<PushResult> result = shop.push(new SimulatedUser("oabc…"), Messages.text("你好"));
 * }</pre>
 */
public final class WeChatSimulator {
  /** How many results the log keeps. */
  public static final int LOG_RESULTS_MAX = 100_000;

  private final PushLog log = new PushLog(LOG_RESULTS_MAX);
  private final List<PushLine> lines = new CopyOnWriteArrayList<>();
  private final Workshop workshop;

  /**
   * A simulator.
   *
   * @param seed decides about nonces, keys' random prefixes, users and traffic
   */
  public WeChatSimulator(
      Vertx vertx, Clock clock, Timers timers, long seed, DeliveryOptions options) {
    this.workshop = new Workshop(vertx, clock, timers, seed, options, log);
  }

  /** Takes an account's settings and opens the line to its receiver. Nothing is sent yet. */
  public PushLine register(SimulatedAccount account) {
    PushLine line = workshop.open(account);
    lines.add(line);
    return line;
  }

  /** Every line, in the order of registration. */
  public List<PushLine> lines() {
    return List.copyOf(lines);
  }

  /** The results of all accounts. */
  public PushLog log() {
    return log;
  }

  /** Closes all connections; pushes under way end as refused. */
  public Future<Void> close() {
    return workshop.close();
  }
}
