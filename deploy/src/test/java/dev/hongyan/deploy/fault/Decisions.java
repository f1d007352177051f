package dev.hongyan.deploy.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * All that is left to chance in a fault run, by its seed: who writes which message, what a receiver
 * does with each arrival of it, and what is killed when. When something happens on the clock is up
 * to the machine.
 */
final class Decisions {
  /** A healthy message meets at most so many faults; its schedule has more attempts than that. */
  private static final int FAULTS_MAX = 2;

  private final long seed;
  private final boolean timeouts;

  /** What a receiver does with a request. */
  enum Fault {
    NONE,
    /** Takes it, but answers late. */
    SLOW,
    ERROR,
    /** Cuts the connection. */
    RESET,
    /** Never answers. */
    TIMEOUT,
    /** Refuses it for good. */
    NEVER
  }

  /** What becomes of all messages of a subject. */
  enum Fortune {
    WELL,
    /** Fails until its attempts are used up. */
    WORN_OUT,
    /** Is refused for good. */
    REFUSED
  }

  /** Something dies once so many steps are done. */
  record Kill(int atStep, boolean node) {}

  /**
   * @param timeouts whether receivers sometimes do not answer at all; what met that is not tried
   *     again for a minute, which a short run has not got
   */
  Decisions(long seed, boolean timeouts) {
    this.seed = seed;
    this.timeouts = timeouts;
  }

  /** Kills in the order of their steps, all before {@code steps}, some steps apart. */
  List<Kill> kills(int count, int steps) {
    SplittableRandom random = new SplittableRandom(mix("kills", 0, 0));
    int apart = Math.max(1, steps / (count * 4));
    TreeSet<Integer> places = new TreeSet<>();
    while (places.size() < count) {
      int at = apart + random.nextInt(steps - 2 * apart);
      if (places.subSet(at - apart, at + apart).isEmpty()) {
        places.add(at);
      }
    }
    List<Kill> kills = new ArrayList<>();
    for (int at : places) {
      kills.add(new Kill(at, random.nextInt(5) < 3));
    }
    if (count > 1 && kills.stream().allMatch(Kill::node)) {
      kills.set(1, new Kill(kills.get(1).atStep(), false));
    }
    return kills;
  }

  /** Which of {@code users} the message comes from. */
  int user(String tenant, int message, int users) {
    int drawn = (int) Math.floorMod(mix(tenant, message, 1), (long) users);
    // Those that nobody wants take their time; a quarter of a subject's messages is enough.
    return fortune(drawn) == Fortune.WORN_OUT && message % 4 != 0 ? users - 1 : drawn;
  }

  /** The first two subjects of each tenant fare ill, at the destination where that matters. */
  static Fortune fortune(int user) {
    return user == 0 ? Fortune.WORN_OUT : user == 1 ? Fortune.REFUSED : Fortune.WELL;
  }

  /**
   * What a receiver does with a request.
   *
   * @param arrival 0 for the first request with this message
   */
  Fault fault(String receiver, long number, int arrival, Fortune fortune) {
    long draw = Math.floorMod(mix(receiver, number, 100 + arrival), 1_000L);
    return switch (fortune) {
      case REFUSED -> arrival == 0 && draw < 200 ? Fault.ERROR : Fault.NEVER;
      case WORN_OUT -> draw < 300 ? Fault.RESET : Fault.ERROR;
      case WELL -> {
        if (arrival >= FAULTS_MAX) {
          yield Fault.NONE;
        }
        if (draw < 80) {
          yield Fault.ERROR;
        }
        if (draw < 130) {
          yield Fault.RESET;
        }
        if (draw < 133 && timeouts) {
          yield Fault.TIMEOUT;
        }
        yield draw < 200 ? Fault.SLOW : Fault.NONE;
      }
    };
  }

  /** Whether a client's handler fails the first time it sees the message. */
  boolean handlerFails(String tenant, long number) {
    return Math.floorMod(mix(tenant, number, 2), 500L) == 0;
  }

  private long mix(String what, long number, long salt) {
    long x =
        seed * 0x9e3779b97f4a7c15L + what.hashCode() * 0xbf58476d1ce4e5b9L + number * 31 + salt;
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }
}
