package dev.hongyan.router.consume;

import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.cursor.Outcome;
import dev.hongyan.router.log.LogHead;

/**
 * What became of everything a consumer ever got. At any moment {@code received = delivered +
 * expired + dead + filtered + pending}.
 *
 * @param received places of the log since the consumer began, and messages that were put back
 * @param delivered taken by the receiver
 * @param expired useless by now, or gone from the log before it was read
 * @param dead given up
 * @param filtered not for this consumer
 * @param pending not read yet, waiting, under way, or waiting to be tried again
 */
public record Ledger(
    String consumer,
    long received,
    long delivered,
    long expired,
    long dead,
    long filtered,
    long pending) {

  /** That of a durable subscription, as it stood in the store when the log had this head. */
  public static Ledger of(CursorStore.Stored name, LogHead log) {
    Outcome o = name.outcome();
    long ahead = name.progress().doneAbove(name.floor().seq());
    long floor = name.floor().seq();
    long gone = 0;
    long pending = log.seq() - log.oldest() + 1; // of a log that was replaced: all there is
    if (name.floor().epoch().equals(log.epoch()) && floor <= log.seq()) {
      long kept = Math.max(floor, log.oldest() - 1);
      gone = kept - floor - (ahead - name.progress().doneAbove(kept));
      pending = log.seq() - kept - name.progress().doneAbove(kept);
    }
    long filtered = name.taken() + o.again() - o.delivered() - o.dead() - o.expired();
    return new Ledger(
        name.name(),
        name.taken() + gone + pending + o.again(),
        o.delivered(),
        o.expired() + gone,
        o.dead(),
        Math.max(0, filtered), // fewer than none shows as an imbalance
        pending);
  }

  /** Whether everything is accounted for. */
  public boolean isBalanced() {
    return received == delivered + expired + dead + filtered + pending;
  }
}
