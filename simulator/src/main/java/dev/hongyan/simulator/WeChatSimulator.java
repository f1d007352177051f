package dev.hongyan.simulator;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.api.SimulatedApi;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.delivery.PushLog;
import dev.hongyan.simulator.delivery.Workshop;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A WeChat on the desk: knows accounts, pushes to their receivers, tries again, remembers what was
 * answered; and, if wanted, serves the API that the accounts' owners call ({@link #serveApi}).
 * Thread-safe; its work is done on one event loop, that of the thread that made it or else a new
 * one.
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
  private final Vertx vertx;
  private final Clock clock;
  private final Timers timers;
  private final long seed;
  private @Nullable SimulatedApi api;

  /**
   * A simulator.
   *
   * @param seed decides about nonces, keys' random prefixes, users and traffic
   */
  public WeChatSimulator(
      Vertx vertx, Clock clock, Timers timers, long seed, DeliveryOptions options) {
    this.vertx = vertx;
    this.clock = clock;
    this.timers = timers;
    this.seed = seed;
    this.workshop = new Workshop(vertx, clock, timers, seed, options, log);
  }

  /** Takes an account's settings and opens the line to its receiver. Nothing is sent yet. */
  @CanIgnoreReturnValue
  public synchronized PushLine register(SimulatedAccount account) {
    PushLine line = workshop.open(account);
    lines.add(line);
    if (api != null) {
      api.add(line);
    }
    return line;
  }

  /**
   * Opens the API side, for all accounts of now and later. Users that were pushed about before are
   * not known to it.
   *
   * @return the API side when it listens; fails if the address cannot be had, or with {@link
   *     IllegalStateException} if there is one already
   */
  public Future<SimulatedApi> serveApi(ApiOptions options) {
    return workshop
        .work(() -> SimulatedApi.open(vertx, clock, timers, seed, options))
        .compose(this::serving);
  }

  private synchronized Future<SimulatedApi> serving(SimulatedApi opened) {
    if (api != null) {
      return opened
          .close()
          .transform(closed -> Future.failedFuture(new IllegalStateException("already served")));
    }
    api = opened;
    lines.forEach(opened::add);
    workshop.observe((account, push) -> opened.pushed(account.appId(), push));
    return Future.succeededFuture(opened);
  }

  /** Every line, in the order of registration. */
  public List<PushLine> lines() {
    return List.copyOf(lines);
  }

  /** The results of all accounts. */
  public PushLog log() {
    return log;
  }

  /** Closes all connections and the API side; pushes under way end as refused. */
  public Future<Void> close() {
    SimulatedApi opened;
    synchronized (this) {
      opened = api;
    }
    Future<Void> first = opened == null ? Future.succeededFuture() : opened.close();
    return first.eventually(workshop::close);
  }
}
