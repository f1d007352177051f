package dev.hongyan.token.lease;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenReply;
import dev.hongyan.token.TokenReply.Granted;
import dev.hongyan.token.TokenReply.Refused;
import dev.hongyan.token.lease.LeaseEffect.What;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of one credential in one process.
 *
 * <p>At most one refresh is on its way; everybody who needs the token meanwhile shares its outcome,
 * and while the old token is good it is served. A refresh asks the store first (another node may
 * have been there), then WeChat, then tells the store. A token that WeChat refused is dropped only
 * if it is still the current one, and not twice within the cool-down: a caller that is refused
 * again learns of it, WeChat is not asked in a circle.
 *
 * <p>Times are milliseconds of a monotonic clock. Not thread-safe.
 */
public final class TokenLease {
  /** A time that does not come. */
  public static final long NEVER = Long.MAX_VALUE;

  private static final long POLL_MIN_MILLIS = 20;
  private static final long POLL_MAX_MILLIS = 200;
  private static final long STORE_REST_MILLIS = 1_000;

  private enum Phase {
    IDLE,
    /** The store is asked. */
    ASKING,
    /** Another node is at it; the store is asked again in a moment. */
    HELD,
    FETCHING,
    SAVING
  }

  private final LeasePolicy policy;
  private final boolean needsLock;
  private final DoubleSupplier random;
  private final Backoff backoff;

  private @Nullable Token current;
  private long currentFence;
  private long aheadAt = NEVER;
  private long stale;
  private long coolUntil = Long.MIN_VALUE;
  private boolean suspicious;
  // The last value that we knew, also when it was dropped since: to see it when it comes again.
  private @Nullable Secret lastValue;
  private long lastGeneration;

  private Phase phase = Phase.IDLE;
  private long attempt;
  private long flightSince;
  private boolean flightForce;
  private long flightStale;
  private long flightFence;
  private @Nullable StoredToken fetched;
  private int polls;
  private long pollAt;

  private final Waiters waiters;
  private long wakeAt = NEVER;
  private List<LeaseEffect> effects = new ArrayList<>();

  /**
   * @param needsLock whether two refreshes at once do harm (each call of {@code /cgi-bin/token}
   *     ends the token before); if not, WeChat is asked also while the store is away
   * @param random from 0 to 1, for jitter
   */
  public TokenLease(LeasePolicy policy, boolean needsLock, DoubleSupplier random) {
    this.policy = policy;
    this.needsLock = needsLock;
    this.random = random;
    this.backoff = new Backoff(policy);
    this.waiters = new Waiters(policy.waitersMax());
  }

  /** Takes note of {@code event} and says what is to be done now. */
  public List<LeaseEffect> on(LeaseEvent event, long now) {
    event.reach(this, now);
    long wish = nextWake(now);
    if (wish != wakeAt) {
      wakeAt = wish;
      effects.add(new LeaseEffect.WakeAt(wish));
    }
    List<LeaseEffect> out = effects;
    effects = new ArrayList<>();
    return out;
  }

  /** Whether nothing would be lost with this lease. */
  public boolean isDisposable() {
    return phase == Phase.IDLE
        && current == null
        && waiters.isEmpty()
        && backoff.restUntil() == Long.MIN_VALUE;
  }

  void want(Waiter waiter, long now) {
    Token token = usable(now);
    if (token == null) {
      enlist(waiters.wanting, waiter, now);
      return;
    }
    tell(List.of(waiter), new Granted(token));
    note(What.SERVED_HERE, "");
    if (now >= token.freshUntilMillis()) {
      refreshIfAllowed(now);
    }
  }

  void stale(Waiter waiter, long generation, long now) {
    Token token = usable(now);
    if (token == null) {
      stale = Math.max(stale, generation);
      enlist(waiters.replacing, waiter, now);
    } else if (generation != token.generation()) {
      note(What.INVALIDATED_BEFORE, "");
      tell(List.of(waiter), new Granted(token));
    } else if (now < coolUntil) {
      refusedAgain(List.of(waiter), coolUntil - now);
    } else {
      note(What.INVALIDATED, "");
      stale = generation;
      coolUntil = now + policy.cool().toMillis();
      suspicious = true;
      drop();
      enlist(waiters.replacing, waiter, now);
    }
  }

  void renew(Waiter waiter, long now) {
    if (admit(waiters.renewing, waiter)) {
      backoff.reset();
      if (phase == Phase.IDLE) {
        begin(now);
      }
    }
  }

  void settingsChanged(boolean otherApp, long now) {
    backoff.reset();
    coolUntil = Long.MIN_VALUE;
    giveUpFlight(); // it may be about to fail for what was just corrected
    if (otherApp) {
      drop();
      lastValue = null;
    }
    if (phase == Phase.IDLE && !waiters.isEmpty()) {
      begin(now);
    }
  }

  void removed() {
    giveUpFlight();
    drop();
    backoff.reset();
    tellAll(new Refused(Problem.NOT_FOUND, 0, "There is no such account", 0));
  }

  void woken(boolean used, long now) {
    wakeAt = NEVER;
    Token token = current;
    if (token != null && now >= token.expiresAtMillis()) {
      drop();
    }
    if (phase == Phase.HELD && now >= pollAt) {
      ask();
    } else if (phase == Phase.IDLE && !waiters.isEmpty()) {
      refreshIfAllowed(now);
    } else if (phase == Phase.IDLE && current != null && now >= aheadAt) {
      if (used) {
        refreshIfAllowed(now);
      } else {
        aheadAt = NEVER; // nobody used it: let it expire, whoever comes next gets a new one
      }
    }
  }

  void found(long of, StoredToken token, long now) {
    if (isLate(of, Phase.ASKING)) {
      return;
    }
    if (token.generation() <= stale) {
      ask(); // asked before the token was refused; now the store knows that
      return;
    }
    note(What.SERVED_BY_STORE, "");
    adopt(token, now);
  }

  void locked(long of, long fence, @Nullable StoredToken before) {
    if (isLate(of, Phase.ASKING)) {
      effects.add(new LeaseEffect.Release(fence));
      return;
    }
    if (before != null) {
      lastValue = before.value();
      lastGeneration = before.generation();
    }
    if (suspicious && !waiters.replacing.isEmpty()) {
      note(What.FOREIGN_REFRESH, "");
    }
    suspicious = false;
    fetch(fence);
  }

  void held(long of, long leftMillis, long now) {
    if (isLate(of, Phase.ASKING)) {
      return;
    }
    if (now - flightSince >= policy.heldMax().toMillis()) {
      tellAll(new Refused(Problem.TIMEOUT, 0, "Another node did not get the token in time", 0));
      backoff.rest(now + STORE_REST_MILLIS);
      phase = Phase.IDLE;
      return;
    }
    hold(leftMillis, now);
  }

  void cooling(long of, StoredToken token, long leftMillis, long now) {
    if (isLate(of, Phase.ASKING)) {
      return;
    }
    stale = Math.min(stale, token.generation() - 1);
    coolUntil = Math.max(coolUntil, now + leftMillis);
    suspicious = false;
    refusedAgain(waiters.replacing.takeAll(), leftMillis);
    adopt(token, now);
  }

  void forceLimited(long of, long leftMillis, long now) {
    if (isLate(of, Phase.ASKING)) {
      return;
    }
    tell(
        waiters.renewing.takeAll(),
        new Refused(
            Problem.RATE_LIMITED,
            0,
            "WeChat allows 20 forced refreshes a day, 30 s apart",
            leftMillis));
    phase = Phase.IDLE;
    if (!waiters.isEmpty()) {
      begin(now);
    }
  }

  void storeAway(long of, long fence, long now) {
    if (isLate(of, Phase.ASKING)) {
      return;
    }
    if (!needsLock && !flightForce && usable(now) == null) {
      fetch(Math.max(fence, Math.max(currentFence, stale) + 1));
      return;
    }
    tellAll(
        new Refused(
            Problem.STORE_UNAVAILABLE, 0, "The store cannot be reached", STORE_REST_MILLIS));
    backoff.rest(now + STORE_REST_MILLIS);
    phase = Phase.IDLE;
  }

  void fetched(long of, Secret value, long lifeMillis, long now) {
    if (isLate(of, Phase.FETCHING)) {
      return;
    }
    boolean same = value.equals(lastValue);
    long generation = same ? lastGeneration : flightFence;
    if (generation <= stale) {
      if (flightStale < stale) {
        // WeChat was asked before the token was refused, so this says nothing yet.
        effects.add(new LeaseEffect.Release(flightFence));
        begin(now);
        return;
      }
      // WeChat stands by the token that it refuses: the caller's trouble is another one.
      stale = generation - 1;
      refusedAgain(waiters.replacing.takeAll(), Math.max(0, coolUntil - now));
    }
    note(same ? What.FETCHED_SAME : What.FETCHED, "");
    StoredToken token = new StoredToken(value, flightFence, generation, lifeMillis, lifeMillis);
    fetched = token;
    phase = Phase.SAVING;
    effects.add(new LeaseEffect.Save(attempt, token));
  }

  void failed(long of, FetchFailure failure, long now) {
    if (isLate(of, Phase.FETCHING)) {
      return;
    }
    effects.add(new LeaseEffect.Release(flightFence));
    backoff.failed(failure, now, random.getAsDouble());
    note(
        switch (failure.reaction()) {
          case RETRY -> What.FETCH_FAILED;
          case PAUSE -> What.PAUSED;
          case STOP -> What.STOPPED;
        },
        failure.detail());
    phase = Phase.IDLE;
    if (flightForce) {
      // Each forced call counts against 20 a day, so it is not repeated behind anybody's back.
      tell(waiters.renewing.takeAll(), failure.refused(0));
    }
    Refused no = backoff.refusal(now);
    if (no != null) {
      tellAll(no);
    }
  }

  void saved(long of, long now) {
    StoredToken token = fetched;
    if (!isLate(of, Phase.SAVING) && token != null) {
      fetched = null;
      adopt(token, now);
    }
  }

  void lost(long of, long now) {
    if (!isLate(of, Phase.SAVING)) {
      fetched = null;
      hold(POLL_MIN_MILLIS, now);
    }
  }

  void overtaken(long of, StoredToken token, long now) {
    if (isLate(of, Phase.SAVING)) {
      return;
    }
    fetched = null;
    if (token.generation() <= stale) {
      begin(now);
    } else {
      adopt(token, now);
    }
  }

  private void enlist(Waiters.Line to, Waiter waiter, long now) {
    Refused no = phase == Phase.IDLE ? backoff.refusal(now) : null;
    if (no != null) {
      tell(List.of(waiter), no);
    } else if (admit(to, waiter)) {
      refreshIfAllowed(now);
    }
  }

  private boolean admit(Waiters.Line to, Waiter waiter) {
    boolean admitted = to.admits(waiter);
    if (!admitted) {
      tell(
          List.of(waiter),
          new Refused(Problem.OVERLOADED, 0, "Too many callers wait for this token", 1_000));
    }
    return admitted;
  }

  private void refreshIfAllowed(long now) {
    if (phase == Phase.IDLE && backoff.mayTry(now)) {
      begin(now);
    }
  }

  private void begin(long now) {
    flightSince = now;
    flightForce = !waiters.renewing.isEmpty();
    polls = 0;
    ask();
  }

  private void ask() {
    attempt++;
    phase = Phase.ASKING;
    flightStale = stale;
    effects.add(
        new LeaseEffect.Ask(
            attempt,
            current == null ? 0 : currentFence,
            stale,
            !waiters.replacing.isEmpty(),
            flightForce));
  }

  private void fetch(long fence) {
    flightFence = fence;
    phase = Phase.FETCHING;
    effects.add(new LeaseEffect.Fetch(attempt, fence, flightForce));
  }

  private void hold(long leftMillis, long now) {
    phase = Phase.HELD;
    long poll = Math.min(POLL_MAX_MILLIS, POLL_MIN_MILLIS << Math.min(polls++, 4));
    pollAt = now + Math.max(1, Math.min(leftMillis, poll));
  }

  private void giveUpFlight() {
    if (phase == Phase.FETCHING || phase == Phase.SAVING) {
      effects.add(new LeaseEffect.Release(flightFence));
    }
    attempt++;
    fetched = null;
    phase = Phase.IDLE;
  }

  private void adopt(StoredToken stored, long now) {
    long expiresAt = now + stored.leftMillis();
    long life = Math.max(stored.lifeMillis(), stored.leftMillis());
    long freshUntil = expiresAt - Math.round(life * (1 - policy.memoryShare()));
    Token token = new Token(stored.value(), stored.generation(), freshUntil, expiresAt);
    current = token;
    currentFence = stored.fence();
    lastValue = stored.value();
    lastGeneration = stored.generation();
    aheadAt = freshUntil - Math.round(life * policy.jitterShare() * random.getAsDouble());
    phase = Phase.IDLE;
    suspicious = false;
    backoff.reset();
    effects.add(new LeaseEffect.Publish(token));
    Granted granted = new Granted(token);
    tell(waiters.wanting.takeAll(), granted);
    tell(waiters.replacing.takeAll(), granted);
    if (!waiters.renewing.isEmpty()) {
      if (flightForce) {
        tell(waiters.renewing.takeAll(), granted);
      } else {
        begin(now);
      }
    }
  }

  private void drop() {
    if (current != null) {
      current = null;
      aheadAt = NEVER;
      effects.add(new LeaseEffect.Withdraw());
    }
  }

  private void refusedAgain(List<Waiter> whom, long leftMillis) {
    note(What.REFUSED_AGAIN, "");
    tell(
        whom,
        new Refused(
            Problem.WECHAT_UNAVAILABLE,
            0,
            "WeChat refused this token right after it was replaced",
            leftMillis));
  }

  private void tellAll(TokenReply reply) {
    tell(waiters.wanting.takeAll(), reply);
    tell(waiters.replacing.takeAll(), reply);
    tell(waiters.renewing.takeAll(), reply);
  }

  private void tell(List<Waiter> whom, TokenReply reply) {
    if (!whom.isEmpty()) {
      effects.add(new LeaseEffect.Tell(whom, reply));
    }
  }

  private void note(What what, String detail) {
    effects.add(new LeaseEffect.Note(what, detail));
  }

  private @Nullable Token usable(long now) {
    Token token = current;
    return token != null && now < token.expiresAtMillis() ? token : null;
  }

  private boolean isLate(long of, Phase expected) {
    return of != attempt || phase != expected;
  }

  private long nextWake(long now) {
    if (phase == Phase.HELD) {
      return pollAt;
    }
    if (phase != Phase.IDLE) {
      return NEVER;
    }
    if (!waiters.isEmpty()) {
      return Math.max(now, backoff.restUntil());
    }
    Token token = current;
    if (token == null) {
      return NEVER;
    }
    long ahead = aheadAt == NEVER ? NEVER : Math.max(aheadAt, backoff.restUntil());
    return Math.min(ahead, token.expiresAtMillis());
  }
}
