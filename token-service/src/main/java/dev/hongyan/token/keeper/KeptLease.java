package dev.hongyan.token.keeper;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.Credential;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenMode;
import dev.hongyan.token.lease.LeaseEffect;
import dev.hongyan.token.lease.LeaseEvent;
import dev.hongyan.token.lease.TokenLease;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** One lease with its timers: does what the lease wants, and brings it what came of that. */
final class KeptLease implements LeaseEffect.Performer {
  /** Three times within the life of a lock. */
  private static final Duration KEEP_EVERY = Duration.ofMillis(500);

  private final Parts parts;
  private final Fetcher fetcher;
  private final Credential of;
  private final TokenLease lease;
  private final Deque<LeaseEvent> events = new ArrayDeque<>();
  private AppCredentials app;
  private boolean busy;
  private boolean closed;
  private Timers.@Nullable Cancellable wake;
  private Timers.@Nullable Cancellable keeping;

  KeptLease(Parts parts, Fetcher fetcher, Credential of, AppCredentials app) {
    this.parts = parts;
    this.fetcher = fetcher;
    this.of = of;
    this.app = app;
    boolean needsLock = app.mode() == TokenMode.CLASSIC && !of.kind().isTicket();
    this.lease = new TokenLease(parts.policy(), needsLock, parts.random());
  }

  Credential of() {
    return of;
  }

  /** Hands an event to the lease; one that comes while effects are under way waits for its turn. */
  void on(LeaseEvent event) {
    events.add(event);
    if (busy || closed) {
      return;
    }
    busy = true;
    try {
      for (LeaseEvent next = events.poll(); next != null; next = events.poll()) {
        for (LeaseEffect effect : lease.on(next, now())) {
          effect.reach(this);
        }
      }
    } finally {
      busy = false;
    }
  }

  /** Whether the endpoint is the same as before; another one needs a lease of its own. */
  boolean serves(AppCredentials wanted) {
    return wanted.mode() == app.mode();
  }

  void settings(AppCredentials wanted) {
    if (!wanted.equals(app)) {
      boolean otherApp = !wanted.appId().equals(app.appId());
      stopKeeping();
      app = wanted;
      on(new LeaseEvent.SettingsChanged(otherApp));
    }
  }

  boolean isDisposable() {
    return !busy && lease.isDisposable();
  }

  /** Answers that are still on their way find nobody. */
  void close() {
    closed = true;
    stopKeeping();
    if (wake != null) {
      wake.cancel();
      wake = null;
    }
    parts.cache().withdraw(of);
    parts.watch().well(of);
  }

  @Override
  public void ask(LeaseEffect.Ask ask) {
    bring(parts.store().ask(of, app, ask));
  }

  @Override
  public void fetch(LeaseEffect.Fetch fetch) {
    stopKeeping();
    AppCredentials used = app;
    keeping =
        parts
            .timers()
            .every(
                KEEP_EVERY,
                () -> {
                  // A lock that was lost is noticed when the token is saved.
                  var unused = parts.store().keep(of, used, fetch.fence()).otherwise(false);
                });
    bring(
        fetcher
            .fetch(of, app, fetch.force())
            .map(
                result ->
                    result.fold(
                        handed ->
                            new LeaseEvent.Fetched(
                                fetch.attempt(), handed.value(), handed.lifeMillis()),
                        denied -> new LeaseEvent.Failed(fetch.attempt(), denied.failure()))));
  }

  @Override
  public void save(LeaseEffect.Save save) {
    bring(parts.store().save(of, app, save));
  }

  @Override
  public void release(LeaseEffect.Release release) {
    stopKeeping();
    // If this does not get there the lock ends by itself.
    var unused = parts.store().release(of, app, release.fence()).otherwiseEmpty();
  }

  @Override
  public void publish(LeaseEffect.Publish publish) {
    stopKeeping();
    parts.watch().well(of);
    parts.cache().publish(of, publish.token());
  }

  @Override
  public void withdraw(LeaseEffect.Withdraw withdraw) {
    parts.cache().withdraw(of);
  }

  @Override
  public void tell(LeaseEffect.Tell tell) {
    tell.waiters().forEach(w -> w.told(tell.reply()));
  }

  @Override
  public void wakeAt(LeaseEffect.WakeAt at) {
    if (wake != null) {
      wake.cancel();
      wake = null;
    }
    if (at.atMillis() != TokenLease.NEVER) {
      wake =
          parts
              .timers()
              .after(
                  Duration.ofMillis(Math.max(1, at.atMillis() - now())),
                  () -> {
                    wake = null;
                    on(new LeaseEvent.Woken(parts.cache().isUsed(of)));
                    fetcher.settled(this);
                  });
    }
  }

  @Override
  public void note(LeaseEffect.Note note) {
    parts.watch().note(of, note);
  }

  private void bring(Future<? extends LeaseEvent> answer) {
    var unused =
        answer.onSuccess(
            event -> {
              on(event);
              fetcher.settled(this);
            });
  }

  private void stopKeeping() {
    if (keeping != null) {
      keeping.cancel();
      keeping = null;
    }
  }

  private long now() {
    return Token.millis(parts.clock());
  }
}
