package dev.hongyan.router.cursor;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The floors of durable names in the store. Every attach takes a new generation; a save of an older
 * generation changes nothing and says so, which is how a connection that was replaced finds out, on
 * whatever node it is.
 *
 * <p>A field of {@code hy:{t}:cursor} holds {@code generation epoch floor mode savedAtMillis
 * counts}, for a shared name followed by its {@link Progress} above the floor; see {@link Outcome}
 * for the counts. A shared name is kept by its tenant's owner, whose fence is checked too.
 */
public final class CursorStore {
  /** Durable names a tenant may have. */
  public static final int NAMES_MAX = 50_000;

  private final RedisLink store;
  private final Clock clock;
  private final Supplier<String> newEpoch;

  public CursorStore(RedisLink store, Clock clock, Supplier<String> newEpoch) {
    this.store = store;
    this.clock = clock;
    this.newEpoch = newEpoch;
  }

  /**
   * A name that is now ours.
   *
   * @param generation of this attach; a later attach of the same name gets a greater one
   * @param resume where reading begins and what is said about it
   * @param progress what is known beyond the start; for shared names
   */
  public record Attached(long generation, Resume resume, Progress progress) {}

  /**
   * What an attach asks for one name.
   *
   * @param at where a new name begins, and a known one with {@code seek}
   */
  public record Attach(String name, String mode, StartAt at, boolean seek) {}

  /**
   * What a save carries for one name.
   *
   * @param outcome of all messages since the attach
   */
  public record Save(String name, long generation, Cursor floor, Outcome outcome) {}

  /** The same for a shared name. */
  public record SharedSave(
      String name, long generation, Cursor floor, Progress progress, Outcome outcome) {}

  /**
   * A durable name as it is stored.
   *
   * @param taken places of the log that it is through with since it is there
   * @param outcome of these
   */
  public record Stored(
      String name,
      String mode,
      long generation,
      Cursor floor,
      long savedAtMillis,
      Progress progress,
      long taken,
      Outcome outcome) {

    /** Whether it is one that clients attach to; the others are those of routing. */
    public boolean isSubscription() {
      return !mode.equals("route");
    }
  }

  /**
   * Attaches to a durable name and fences off whoever had it before. A new name begins at {@code
   * at}; a known one goes on where it stood, unless {@code seek}.
   *
   * <p>Fails with {@link Problem#CONFLICT} when the name exists with another mode, {@link
   * Problem#RATE_LIMITED} at {@value #NAMES_MAX} names.
   */
  public Future<Attached> attach(
      String tenant, String name, String mode, StartAt at, boolean seek) {
    return attach(tenant, name, mode, at, seek, 0);
  }

  /**
   * The same for a tenant's owner: fails with {@link Problem#OWNER_MOVED} when one with a greater
   * fence was here.
   */
  public Future<Attached> attach(
      String tenant, String name, String mode, StartAt at, boolean seek, long fence) {
    return attach(tenant, List.of(new Attach(name, mode, at, seek)), fence)
        .compose(each -> each.get(0));
  }

  /**
   * The same for many names in one call; each has an outcome of its own, completed already. Asked
   * twice for one name, the later has it.
   */
  public Future<List<Future<Attached>>> attach(String tenant, List<Attach> names) {
    return attach(tenant, names, 0);
  }

  private Future<List<Future<Attached>>> attach(String tenant, List<Attach> names, long fence) {
    Object[] args = new Object[4 + 6 * names.size()];
    args[0] = newEpoch.get();
    args[1] = clock.wallMillis();
    args[2] = NAMES_MAX;
    args[3] = fence;
    int n = 4;
    for (Attach a : names) {
      Cursor c = a.at().cursor();
      args[n++] = a.name();
      args[n++] = a.mode();
      args[n++] = a.seek() ? "1" : "0";
      args[n++] = c != null ? "at" : a.at().kind() == StartAt.Kind.FIRST ? "first" : "now";
      args[n++] = c == null ? "" : c.epoch();
      args[n++] = c == null ? 0L : c.seq();
    }
    Keys keys = Keys.of(tenant);
    return store
        .eval(CursorScripts.ATTACH, List.of(keys.head(), keys.log(), keys.cursor()), args)
        .compose(r -> attached(r, names));
  }

  private static Future<List<Future<Attached>>> attached(Response r, List<Attach> names) {
    if (r.size() == 1) {
      return Future.failedFuture(Problem.OWNER_MOVED.because(Problem.OWNER_MOVED.title()));
    }
    LogHead log = new LogHead(r.get(0).toString(), r.get(1).toLong(), r.get(2).toLong());
    List<Future<Attached>> out = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      out.add(attached(r.get(3 + i), log, names.get(i)));
    }
    return Future.succeededFuture(out);
  }

  private static Future<Attached> attached(Response r, LogHead log, Attach asked) {
    int known = r.get(0).toInteger();
    if (known == -1) {
      return Future.failedFuture(
          Problem.RATE_LIMITED.because("this tenant has " + NAMES_MAX + " durable names"));
    }
    if (known == -2) {
      return Future.failedFuture(Problem.CONFLICT.because("this name is used in another mode"));
    }
    Resume resume =
        known == 1 && !asked.seek()
            ? Resume.at(new Cursor(r.get(2).toString(), r.get(3).toLong()), log)
            : Resume.fresh(asked.at(), log);
    return Future.succeededFuture(
        new Attached(r.get(1).toLong(), resume, Progress.parse(r.get(4).toString())));
  }

  /**
   * Saves floors; gives for each whether it was still ours. A floor never goes back within one
   * generation.
   */
  public Future<boolean[]> save(String tenant, List<Save> saves) {
    Object[] args = new Object[1 + 6 * saves.size()];
    args[0] = clock.wallMillis();
    int n = 1;
    for (Save s : saves) {
      args[n++] = s.name();
      args[n++] = s.generation();
      args[n++] = s.floor().epoch();
      args[n++] = s.floor().seq();
      args[n++] = s.outcome().since();
      args[n++] = s.outcome().counts();
    }
    Keys keys = Keys.of(tenant);
    return store
        .eval(CursorScripts.SAVE, List.of(keys.cursor(), keys.head()), args)
        .map(r -> ours(r));
  }

  /**
   * Saves shared names, as the owner of {@code fence}; gives for each whether it was still ours.
   */
  public Future<boolean[]> saveShared(String tenant, long fence, List<SharedSave> saves) {
    Object[] args = new Object[2 + 7 * saves.size()];
    args[0] = fence;
    args[1] = clock.wallMillis();
    int n = 2;
    for (SharedSave s : saves) {
      args[n++] = s.name();
      args[n++] = s.generation();
      args[n++] = s.floor().epoch();
      args[n++] = s.floor().seq();
      args[n++] = s.progress().toString();
      args[n++] = s.outcome().since();
      args[n++] = s.outcome().counts();
    }
    Keys keys = Keys.of(tenant);
    return store
        .eval(CursorScripts.SAVE_SHARED, List.of(keys.head(), keys.cursor()), args)
        .map(r -> ours(r));
  }

  private static boolean[] ours(Response each) {
    boolean[] ours = new boolean[each.size()];
    for (int i = 0; i < ours.length; i++) {
      ours[i] = each.get(i).toInteger() == 1;
    }
    return ours;
  }

  /** Deletes a name, if {@code generation} is still the one that has it. */
  public Future<Boolean> forget(String tenant, String name, long generation) {
    return store
        .eval(CursorScripts.FORGET, List.of(Keys.of(tenant).cursor()), name, generation)
        .map(r -> r.toInteger() == 1);
  }

  /**
   * Some of the durable names of a tenant, about 500.
   *
   * @param next where the next ones begin; 0 at the end
   */
  public record Some(List<Stored> names, long next) {
    public Some {
      names = List.copyOf(names);
    }
  }

  /**
   * Goes through the durable names of a tenant piece by piece, each at least once.
   *
   * @param from the {@link Some#next} of the piece before; 0 begins
   */
  public Future<Some> some(String tenant, long from) {
    Request scan =
        Request.cmd(Command.HSCAN).arg(Keys.of(tenant).cursor()).arg(from).arg("COUNT").arg(500);
    return store
        .send(scan)
        .map(
            r -> {
              List<Stored> names = new ArrayList<>();
              Response fields = r.get(1);
              for (int i = 0; i + 1 < fields.size(); i += 2) {
                names.add(stored(fields.get(i).toString(), fields.get(i + 1).toString()));
              }
              return new Some(names, r.get(0).toLong());
            });
  }

  /** All durable names of a tenant, in no order. */
  public Future<List<Stored>> list(String tenant) {
    return store
        .send(Request.cmd(Command.HGETALL).arg(Keys.of(tenant).cursor()))
        .map(
            r -> {
              List<Stored> out = new ArrayList<>();
              for (String name : r.getKeys()) {
                out.add(stored(name, r.get(name).toString()));
              }
              return out;
            });
  }

  private static Stored stored(String name, String value) {
    String[] v = value.split(" ", -1);
    Cursor floor = new Cursor(v[1], Long.parseLong(v[2]));
    boolean counted = !v[3].equals("route") && v.length > 5;
    Progress progress = counted && v.length > 6 ? Progress.parse(v[6]) : Progress.NONE;
    String[] c = counted ? v[5].split(",", -1) : new String[0];
    long taken = counted ? floor.seq() + progress.doneAbove(floor.seq()) - Long.parseLong(c[0]) : 0;
    return new Stored(
        name,
        v[3],
        Long.parseLong(v[0]),
        floor,
        Long.parseLong(v[4]),
        progress,
        taken,
        counted
            ? new Outcome(floor.seq(), sum(c, 1), sum(c, 2), sum(c, 3), sum(c, 4))
            : Outcome.NONE);
  }

  /** What was counted under earlier generations, and under this one. */
  private static long sum(String[] counts, int at) {
    return Long.parseLong(counts[at]) + Long.parseLong(counts[at + 4]);
  }
}
