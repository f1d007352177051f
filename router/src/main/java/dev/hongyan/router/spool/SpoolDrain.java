package dev.hongyan.router.spool;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.log.Appended;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.tenant.store.StoreError;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves messages from the spool into the log, a chunk at a time and in order; for one event loop.
 * What has no known outcome is tried again until it has one: the dedupe key makes it one message.
 * What the log refuses for itself three times is set aside.
 */
final class SpoolDrain {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolDrain.class);
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final int REFUSALS_MAX = 3;

  /** Refusals that are about us, not about a message: an operator has to do something. */
  private static final Set<String> NOT_ALLOWED = Set.of("NOAUTH", "NOPERM", "WRONGPASS");

  private final Spool spool;
  private final Function<NewMessage, Future<Appended>> log;
  private final Function<String, Future<Boolean>> exists;
  private final BooleanSupplier up;
  private final Timers timers;
  private final Metrics metrics;
  private boolean busy;
  private boolean again;
  private boolean stopped;
  private boolean oneByOne;
  private int refusals;
  private Timers.Cancellable pause = () -> {};

  /** What is left of the chunk in hand. */
  private @Nullable Chunk chunk;

  private List<Spooled> rest = List.of();
  private final List<Spooled> refusedForGood = new ArrayList<>();

  /**
   * @param log appends at the end of the tick, all of a tenant in one call
   * @param exists whether a tenant is there; fails when that is not known
   * @param up whether the store is reached
   */
  SpoolDrain(
      Spool spool,
      Function<NewMessage, Future<Appended>> log,
      Function<String, Future<Boolean>> exists,
      BooleanSupplier up,
      Timers timers,
      Metrics metrics) {
    this.spool = spool;
    this.log = log;
    this.exists = exists;
    this.up = up;
    this.timers = timers;
    this.metrics = metrics;
  }

  /** Something may have changed for the better. */
  void go() {
    if (busy) {
      again = true;
    } else if (!stopped && up.getAsBoolean()) {
      busy = true;
      pause.cancel();
      step().onComplete(this::stepped, this::later);
    }
  }

  void stop() {
    stopped = true;
    pause.cancel();
  }

  private void stepped(boolean more) {
    busy = false;
    if (more || again) {
      again = false;
      go();
    }
  }

  private void later(Throwable why) {
    if (ProblemException.of(why) != Problem.STORE_UNAVAILABLE) {
      LOG.warn("the spool cannot be drained now: {}", why.toString());
    }
    busy = false;
    again = false;
    if (!stopped) {
      pause = timers.after(PAUSE, this::go);
    }
  }

  /** One chunk, or what is left of it; false when the spool is empty. */
  private Future<Boolean> step() {
    if (chunk != null) {
      return rest.isEmpty() ? end(chunk) : append();
    }
    return spool
        .next()
        .compose(
            next -> {
              if (next == null) {
                return Future.succeededFuture(false);
              }
              chunk = next;
              rest = next.messages();
              return append();
            });
  }

  private Future<Boolean> end(Chunk whole) {
    return spool
        .done(whole, List.copyOf(refusedForGood))
        .map(
            done -> {
              chunk = null;
              refusedForGood.clear();
              oneByOne = false;
              return true;
            });
  }

  private Future<Boolean> append() {
    List<Spooled> these = oneByOne ? rest.subList(0, 1) : rest;
    List<Future<Boolean>> known = new ArrayList<>();
    these.stream()
        .map(s -> s.message().tenant())
        .distinct()
        .forEach(t -> known.add(exists.apply(t)));
    return Future.all(known).compose(all -> appendTo(these, known));
  }

  private Future<Boolean> appendTo(List<Spooled> these, List<Future<Boolean>> known) {
    List<String> gone = new ArrayList<>();
    List<String> tenants = these.stream().map(s -> s.message().tenant()).distinct().toList();
    for (int i = 0; i < tenants.size(); i++) {
      if (!known.get(i).result()) {
        gone.add(tenants.get(i));
      }
    }
    List<Future<@Nullable Appended>> outcomes = new ArrayList<>(these.size());
    for (Spooled one : these) {
      outcomes.add(
          gone.contains(one.message().tenant())
              ? Future.succeededFuture()
              : log.apply(one.message()).map(appended -> appended));
    }
    // Whatever comes of them, all have to have an outcome before the next is tried.
    return Future.join(outcomes).transform(all -> judge(these, outcomes));
  }

  private Future<Boolean> judge(List<Spooled> these, List<Future<@Nullable Appended>> outcomes) {
    List<Spooled> left = new ArrayList<>();
    Throwable failure = null;
    for (int i = 0; i < these.size(); i++) {
      Future<@Nullable Appended> outcome = outcomes.get(i);
      if (outcome.succeeded()) {
        Appended appended = outcome.result();
        leave(these.get(i), appended == null ? "gone" : appended.duplicate() ? "duplicate" : "new");
      } else {
        failure = outcome.cause();
        left.add(these.get(i));
      }
    }
    left.addAll(rest.subList(these.size(), rest.size()));
    rest = left;
    if (failure == null) {
      refusals = 0;
      return Future.succeededFuture(true);
    }
    if (isAboutTheMessage(failure)) {
      if (!oneByOne) {
        oneByOne = true; // one that is refused takes all of its call along
        return Future.succeededFuture(true);
      }
      if (++refusals >= REFUSALS_MAX) {
        refusals = 0;
        Spooled refused = rest.get(0);
        LOG.atError()
            .addKeyValue("tenant", refused.message().tenant())
            .log("the log refuses a message of the spool for good, it is set aside: {}", failure);
        rest = rest.subList(1, rest.size());
        refusedForGood.add(refused);
        leave(refused, "refused");
        return Future.succeededFuture(true);
      }
    }
    return Future.failedFuture(failure);
  }

  private void leave(Spooled one, String outcome) {
    metrics.count(Series.SPOOL_DRAINED, outcome);
    spool.left(one);
  }

  private static boolean isAboutTheMessage(Throwable failure) {
    return failure instanceof StoreError refused
        ? !NOT_ALLOWED.contains(refused.code())
        : ProblemException.of(failure) == Problem.TOO_LARGE
            || failure instanceof IllegalArgumentException;
  }
}
