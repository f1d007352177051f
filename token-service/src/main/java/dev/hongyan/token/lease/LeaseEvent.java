package dev.hongyan.token.lease;

import dev.hongyan.tenant.secret.Secret;
import org.jspecify.annotations.Nullable;

/**
 * What can happen to a lease. Answers carry the number of the attempt that asked; one that comes
 * after that attempt was given up changes nothing.
 */
public sealed interface LeaseEvent {

  /** Hands itself to the right method, so that no kind of event can be forgotten. */
  void reach(TokenLease lease, long now);

  /** Somebody needs the token. */
  record Want(Waiter waiter) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.want(waiter, now);
    }
  }

  /** WeChat refused the token of that generation; the waiter wants another one. */
  record Stale(Waiter waiter, long generation) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.stale(waiter, generation, now);
    }
  }

  /** A person wants a new token, and the present one void at once (it may have leaked). */
  record Renew(Waiter waiter) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.renew(waiter, now);
    }
  }

  /**
   * The settings of the account changed.
   *
   * @param otherApp whether the token belongs to another appid now
   */
  record SettingsChanged(boolean otherApp) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.settingsChanged(otherApp, now);
    }
  }

  /** The account is gone. */
  record Removed() implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.removed();
    }
  }

  /**
   * The time that {@link LeaseEffect.WakeAt} named has come.
   *
   * @param used whether anybody used the token since it was published
   */
  record Woken(boolean used) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.woken(used, now);
    }
  }

  /** The store has a token that is newer than what we know. */
  record Found(long attempt, StoredToken token) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.found(attempt, token, now);
    }
  }

  /**
   * The refresh is ours alone.
   *
   * @param fence our number
   * @param before what the store still holds, however old
   */
  record Locked(long attempt, long fence, @Nullable StoredToken before) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.locked(attempt, fence, before);
    }
  }

  /** Another node is at it, and its lock lasts that long unless it is renewed. */
  record Held(long attempt, long leftMillis) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.held(attempt, leftMillis, now);
    }
  }

  /** The cluster replaced a refused token a moment ago, and the new one is refused again. */
  record Cooling(long attempt, StoredToken token, long leftMillis) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.cooling(attempt, token, leftMillis, now);
    }
  }

  /** WeChat's limits for forced refreshes are reached (20 a day, 30 s apart). */
  record ForceLimited(long attempt, long leftMillis) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.forceLimited(attempt, leftMillis, now);
    }
  }

  /**
   * The store did not answer.
   *
   * @param fence a number to go on with without it: microseconds of the wall clock, as the store
   *     itself counts
   */
  record StoreAway(long attempt, long fence) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.storeAway(attempt, fence, now);
    }
  }

  /** WeChat handed out a token that is good for {@code lifeMillis}. */
  record Fetched(long attempt, Secret value, long lifeMillis) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.fetched(attempt, value, lifeMillis, now);
    }
  }

  /** WeChat handed out nothing. */
  record Failed(long attempt, FetchFailure failure) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.failed(attempt, failure, now);
    }
  }

  /** The store has it, or could not be reached: it counts here either way. */
  record Saved(long attempt) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.saved(attempt, now);
    }
  }

  /** Another node took over our refresh and is not done yet: its token will be the newer one. */
  record Lost(long attempt) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.lost(attempt, now);
    }
  }

  /** The store had a newer token already, which stays. */
  record Overtaken(long attempt, StoredToken token) implements LeaseEvent {
    @Override
    public void reach(TokenLease lease, long now) {
      lease.overtaken(attempt, token, now);
    }
  }
}
