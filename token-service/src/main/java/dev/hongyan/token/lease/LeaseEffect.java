package dev.hongyan.token.lease;

import dev.hongyan.token.Token;
import dev.hongyan.token.TokenReply;
import java.util.List;

/** What a lease wants done, in the order of the list it came in. */
public sealed interface LeaseEffect {

  /** Hands itself to the right method, so that no kind of effect can be forgotten. */
  void reach(Performer performer);

  /** Does what leases want. */
  interface Performer {
    void ask(Ask ask);

    void fetch(Fetch fetch);

    void save(Save save);

    void release(Release release);

    void publish(Publish publish);

    void withdraw(Withdraw withdraw);

    void tell(Tell tell);

    void wakeAt(WakeAt wake);

    void note(Note note);
  }

  /**
   * Ask the store for a newer token, else for the right to get one. Answered by {@code Found},
   * {@code Locked}, {@code Held}, {@code Cooling}, {@code ForceLimited} or {@code StoreAway}.
   *
   * @param knownFence only a token with a higher one is news
   * @param stale a token of this generation or a lower one is no good
   * @param replacing whether this is about a token that WeChat refused
   * @param force whether WeChat shall void the present token
   */
  record Ask(long attempt, long knownFence, long stale, boolean replacing, boolean force)
      implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.ask(this);
    }
  }

  /**
   * Get one from WeChat, and keep the lock of that fence alive meanwhile. Answered by {@code
   * Fetched} or {@code Failed}.
   */
  record Fetch(long attempt, long fence, boolean force) implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.fetch(this);
    }
  }

  /** Put it into the store. Answered by {@code Saved}, {@code Lost} or {@code Overtaken}. */
  record Save(long attempt, StoredToken token) implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.save(this);
    }
  }

  /** Let others try. No answer. */
  record Release(long fence) implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.release(this);
    }
  }

  /** From now on this is the token of this process. */
  record Publish(Token token) implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.publish(this);
    }
  }

  /** From now on this process has none. */
  record Withdraw() implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.withdraw(this);
    }
  }

  /** Everybody of the list gets this reply. */
  record Tell(List<Waiter> waiters, TokenReply reply) implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.tell(this);
    }
  }

  /**
   * Send {@code Woken} at that time instead of any earlier wish.
   *
   * @param atMillis {@link TokenLease#NEVER} for not at all
   */
  record WakeAt(long atMillis) implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.wakeAt(this);
    }
  }

  /**
   * Something to count, and to log where a person should know.
   *
   * @param detail for people; holds no secret; may be empty
   */
  record Note(What what, String detail) implements LeaseEffect {
    @Override
    public void reach(Performer performer) {
      performer.note(this);
    }
  }

  /** What a {@link Note} is about. */
  enum What {
    /** Served by the lease while it was valid. */
    SERVED_HERE,
    /** Taken from the store, where another node had put it. */
    SERVED_BY_STORE,
    /** WeChat handed out a new token. */
    FETCHED,
    /** WeChat handed out the one that we had. */
    FETCHED_SAME,
    /** WeChat is busy or cannot be reached. */
    FETCH_FAILED,
    /** WeChat will say no for some time. */
    PAUSED,
    /** WeChat says no until the settings change. */
    STOPPED,
    /** Said to be refused, and dropped. */
    INVALIDATED,
    /** Said to be refused, but replaced already. */
    INVALIDATED_BEFORE,
    /** Refused again right after it was replaced: kept, and the caller told. */
    REFUSED_AGAIN,
    /** Refused although it is not expired and we did not void it: somebody else did. */
    FOREIGN_REFRESH
  }
}
