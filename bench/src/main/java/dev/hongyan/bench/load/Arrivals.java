package dev.hongyan.bench.load;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who of many connects when: all at first, a bounded number under way at a time, and each one again
 * when it lost its connection. For the generator's loop.
 */
final class Arrivals<M> {
  private static final int AT_ONCE = 128;

  private final Generator generator;
  private final Consumer<M> connect;
  private final ArrayDeque<M> waiting = new ArrayDeque<>();
  private final Set<M> underWay = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<M, Integer> attempts = new IdentityHashMap<>();
  private @Nullable Return comeBack;

  Arrivals(Generator generator, Consumer<M> connect) {
    this.generator = generator;
    this.connect = connect;
  }

  void add(Collection<M> all) {
    waiting.addAll(all);
    next();
  }

  /**
   * From now on those that lose their connection come back.
   *
   * @param how null for not at all
   */
  void comeBack(@Nullable Return how) {
    comeBack = how;
  }

  /** This one is where it wanted to be. */
  void arrived(M member) {
    attempts.remove(member);
    if (underWay.remove(member)) {
      next();
    }
  }

  /** This one has no connection any more, or got none; gives whether it comes back. */
  boolean lost(M member) {
    underWay.remove(member);
    Return how = comeBack;
    if (how == null) {
      next();
      return false;
    }
    int attempt = attempts.merge(member, 1, Integer::sum) - 1;
    long nanos = how.delayNanos(attempt, ThreadLocalRandom.current().nextDouble());
    if (how == Return.AS_THE_SDKS) {
      var unused = generator.loop().schedule(() -> connect.accept(member), nanos, NANOS);
    } else if (nanos == 0) {
      waiting.add(member);
      next();
    } else {
      var unused =
          generator
              .loop()
              .schedule(
                  () -> {
                    waiting.add(member);
                    next();
                  },
                  nanos,
                  NANOS);
    }
    return true;
  }

  /** Nobody comes any more. */
  void end() {
    comeBack = null;
    waiting.clear();
  }

  private static final TimeUnit NANOS = TimeUnit.NANOSECONDS;

  private void next() {
    while (underWay.size() < AT_ONCE && !waiting.isEmpty()) {
      M member = waiting.remove();
      underWay.add(member);
      connect.accept(member);
    }
  }
}
