package dev.hongyan.router.shared;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one subject in order; only the first is ever under way. A message without a
 * subject has a lane for itself.
 */
final class Lane {
  final @Nullable String subject;
  final ArrayDeque<Item> items = new ArrayDeque<>(2);

  /** Whether it stands in line for a member. */
  boolean queued;

  Lane(@Nullable String subject) {
    this.subject = subject;
  }

  /** The first one, when it may go out now. */
  @Nullable Item next() {
    Item first = items.peek();
    return first != null && first.state == Item.State.WAITING ? first : null;
  }
}
