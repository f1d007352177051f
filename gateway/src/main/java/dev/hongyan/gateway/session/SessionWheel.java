package dev.hongyan.gateway.session;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One timing wheel for all sessions of an event loop: each session stands in one slot, the one in
 * which it wants to be looked at next. No timer and no allocation per session. Resolution is one
 * turn of {@link #TICK_MILLIS}; longer waits go round.
 */
final class SessionWheel {
  static final int TICK_MILLIS = 250;
  private static final int SLOTS = 256;

  private final @Nullable Node[] slots = new Node[SLOTS];
  private final List<Node> due = new ArrayList<>();
  private long now;

  /** What a session inherits to stand in the wheel. */
  abstract static class Node {
    private @Nullable Node before;
    private @Nullable Node after;
    private long dueTick;
    private int slot = -1;

    /** Looks at the session; gives after how many milliseconds to look again, or -1 for never. */
    abstract long wake();
  }

  /** Looks at {@code node} in {@code millis}; replaces what was asked before. */
  void schedule(Node node, long millis) {
    remove(node);
    node.dueTick = now + Math.max(1, (millis + TICK_MILLIS - 1) / TICK_MILLIS);
    node.slot = (int) (node.dueTick % SLOTS);
    Node first = slots[node.slot];
    node.after = first;
    if (first != null) {
      first.before = node;
    }
    slots[node.slot] = node;
  }

  void remove(Node node) {
    if (node.slot < 0) {
      return;
    }
    if (node.before != null) {
      node.before.after = node.after;
    } else {
      slots[node.slot] = node.after;
    }
    if (node.after != null) {
      node.after.before = node.before;
    }
    node.before = null;
    node.after = null;
    node.slot = -1;
  }

  /** One turn; call it every {@link #TICK_MILLIS}. */
  void tick() {
    now++;
    int slot = (int) (now % SLOTS);
    for (Node node = slots[slot]; node != null; node = node.after) {
      if (node.dueTick <= now) {
        due.add(node);
      }
    }
    for (Node node : due) {
      if (node.slot == slot && node.dueTick <= now) { // an earlier one may have taken it out
        remove(node);
        long again = node.wake();
        if (again >= 0 && node.slot < 0) {
          schedule(node, again);
        }
      }
    }
    due.clear();
  }
}
