package dev.hongyan.observability.usage;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The counts of one tenant since they were last taken. Thread-safe; an increment never waits. */
public final class Meter {
  private static final Used[] KINDS = Used.values();

  private final LongAdder[] counts = new LongAdder[KINDS.length];

  Meter() {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  public void add(Used kind) {
    counts[kind.ordinal()].increment();
  }

  public void add(Used kind, long n) {
    counts[kind.ordinal()].add(n);
  }

  /** What was counted, by the ordinal of {@link Used}; begins again at 0. Null for nothing. */
  long @Nullable [] take() {
    long[] taken = new long[counts.length];
    boolean some = false;
    for (int i = 0; i < counts.length; i++) {
      taken[i] = counts[i].sumThenReset();
      some |= taken[i] != 0;
    }
    return some ? taken : null;
  }
}
