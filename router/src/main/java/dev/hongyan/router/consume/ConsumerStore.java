package dev.hongyan.router.consume;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Consumers in the store. A field of {@code hy:{t}:cursor} holds {@code 0 epoch floor route
 * savedAtMillis progress counts}; what is parked is in a hash of its own, with the event in another
 * one, so that a start reads no events. Whatever a save carries is stored at once or not at all, so
 * what is stored is always balanced.
 */
public final class ConsumerStore implements ConsumerPlaces {
  private static final String NO_PROGRESS = "-";

  private final RedisLink store;
  private final Clock clock;
  private final Supplier<String> newEpoch;

  public ConsumerStore(RedisLink store, Clock clock, Supplier<String> newEpoch) {
    this.store = store;
    this.clock = clock;
    this.newEpoch = newEpoch;
  }

  /** What a consumer has parked, without its event. */
  record Parked(
      String id, Cursor place, int attempts, long dueMillis, String lastError, EntryHeader header) {

    static Parked of(Work w) {
      return new Parked(w.id, w.place, w.attempts, w.dueMillis, w.lastError, w.header);
    }

    /** Lines: place, attempts, due, error, then the header's own. */
    String encode() {
      return place
          + "\n"
          + attempts
          + "\n"
          + dueMillis
          + "\n"
          + lastError.replace('\n', ' ')
          + "\n"
          + new String(header.encode(), StandardCharsets.UTF_8);
    }

    static Parked decode(String id, String text) {
      String[] v = text.split("\n", 5);
      Cursor place = Cursor.parse(v[0]);
      return new Parked(
          id,
          place == null ? new Cursor("", 0) : place,
          Integer.parseInt(v[1]),
          Long.parseLong(v[2]),
          v[3],
          EntryHeader.decode(v[4]));
    }
  }

  /** A consumer as its owner finds it. */
  record Opened(Cursor floor, Progress progress, Counts counts, LogHead log, List<Parked> parked) {}

  /** A message that waits to be given to a consumer again. */
  public record PutBack(String id, String consumer, LogEntry entry) {}

  /**
   * Makes a place for a new consumer at the head of the log, so that it gets everything from now
   * on. Fails with {@link Problem#RATE_LIMITED} at {@value CursorStore#NAMES_MAX} names.
   */
  @Override
  public Future<Void> begins(String tenant, String consumer) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(
            ConsumerScripts.BEGIN,
            List.of(keys.head(), keys.cursor()),
            newEpoch.get(),
            consumer,
            clock.wallMillis(),
            CursorStore.NAMES_MAX)
        .compose(
            r ->
                r.toInteger() < 0
                    ? Future.failedFuture(
                        Problem.RATE_LIMITED.because(
                            "this tenant has " + CursorStore.NAMES_MAX + " durable names"))
                    : Future.succeededFuture());
  }

  /** Forgets a consumer and what it has parked. */
  @Override
  public Future<Void> ends(String tenant, String consumer) {
    Keys keys = Keys.of(tenant);
    return store
        .eval(
            ConsumerScripts.END,
            List.of(keys.cursor(), keys.parked(consumer), keys.parkedEvents(consumer)),
            consumer)
        .mapEmpty();
  }

  /**
   * Takes a consumer over. Fails with {@link Problem#OWNER_MOVED} when an owner with a greater
   * fence was here, {@link Problem#CONFLICT} when a subscription has this name.
   */
  Future<Opened> open(String tenant, String consumer, long fence) {
    Keys keys = Keys.of(tenant);
    Future<Response> opened =
        store.eval(
            ConsumerScripts.OPEN,
            List.of(keys.head(), keys.log(), keys.cursor()),
            newEpoch.get(),
            consumer,
            clock.wallMillis(),
            fence);
    return opened.compose(
        r -> {
          if (r.size() == 1) {
            return Future.failedFuture(
                r.get(0).toInteger() == -1
                    ? Problem.OWNER_MOVED.because(Problem.OWNER_MOVED.title())
                    : Problem.CONFLICT.because("a subscription is called " + consumer));
          }
          Stored stored = Stored.parse(r.get(0).toString());
          LogHead log = new LogHead(r.get(1).toString(), r.get(2).toLong(), r.get(3).toLong());
          return store
              .send(Request.cmd(Command.HGETALL).arg(keys.parked(consumer)))
              .map(
                  all -> {
                    List<Parked> parked = new ArrayList<>();
                    for (String id : all.getKeys()) {
                      parked.add(Parked.decode(id, all.get(id).toString()));
                    }
                    return new Opened(stored.floor, stored.progress, stored.counts, log, parked);
                  });
        });
  }

  /** The event of a parked message; null when the store has none. */
  Future<@Nullable LogEntry> event(String tenant, String consumer, Work work) {
    return store
        .send(Request.cmd(Command.HGET).arg(Keys.of(tenant).parkedEvents(consumer)).arg(work.id))
        .map(
            r ->
                r == null
                    ? null
                    : new LogEntry(
                        tenant, work.place.epoch(), work.place.seq(), work.header, r.toBytes()));
  }

  /** One consumer's part of a save. */
  record Saving(String consumer, ConsumerQueue.Save save) {}

  /** Saves all of it or nothing; gives for each whether the consumer is still ours. */
  Future<boolean[]> save(String tenant, long fence, List<Saving> savings) {
    Keys keys = Keys.of(tenant);
    List<String> names = new ArrayList<>(4 + 2 * savings.size());
    names.add(keys.head());
    names.add(keys.cursor());
    names.add(keys.dead());
    names.add(keys.putBack());
    List<Object> args = new ArrayList<>(2 + 6 * savings.size());
    args.add(fence);
    args.add(DeadLetterStore.LETTERS_MAX);
    long now = clock.wallMillis();
    for (Saving s : savings) {
      names.add(keys.parked(s.consumer));
      names.add(keys.parkedEvents(s.consumer));
      write(args, s, now);
    }
    return store
        .eval(ConsumerScripts.SAVE, names, args.toArray())
        .map(
            r -> {
              boolean[] ours = new boolean[r.size()];
              for (int i = 0; i < ours.length; i++) {
                ours[i] = r.get(i).toInteger() == 1;
              }
              return ours;
            });
  }

  private static void write(List<Object> args, Saving saving, long now) {
    ConsumerQueue.Save save = saving.save;
    Effects effects = save.effects();
    args.add(saving.consumer);
    args.add(new Stored(save.floor(), save.progress(), save.counts()).encode(now));
    args.add(effects.puts.size());
    args.add(effects.removes.size());
    args.add(effects.dead.size());
    args.add(effects.taken.size());
    for (Work w : effects.puts.values()) {
      args.add(w.id);
      args.add(Parked.of(w).encode());
      LogEntry e = w.stored ? null : w.entry;
      args.add(e == null ? "0" : "1");
      args.add(e == null ? "" : e.event());
    }
    args.addAll(effects.removes);
    for (Effects.Dead d : effects.dead) {
      LogEntry e = d.work().entry;
      if (e == null) {
        throw new IllegalStateException("a dead message without its event");
      }
      args.addAll(
          DeadLetterStore.fields(e, d.consumer(), d.reason(), d.attempts(), d.lastError(), now));
    }
    args.addAll(effects.taken);
  }

  /** What became of what consumers of a tenant got, of one moment. */
  public Future<List<Ledger>> ledger(String tenant, Collection<String> consumers) {
    Keys keys = Keys.of(tenant);
    List<String> names = List.copyOf(consumers);
    List<String> touched = new ArrayList<>(2 + names.size());
    touched.add(keys.head());
    touched.add(keys.cursor());
    names.forEach(n -> touched.add(keys.parked(n)));
    return store
        .eval(ConsumerScripts.LEDGER, touched, names.toArray())
        .map(
            r -> {
              String epoch = r.get(0).toString();
              long head = r.get(1).toLong();
              List<Ledger> out = new ArrayList<>();
              for (int i = 0; i < names.size(); i++) {
                String value = r.get(2 + 2 * i).toString();
                if (!value.isEmpty()) {
                  Stored stored = Stored.parse(value);
                  out.add(stored.ledger(names.get(i), epoch, head, r.get(3 + 2 * i).toLong()));
                }
              }
              return out;
            });
  }

  /** The names of all consumers that the store knows of a tenant. */
  public Future<List<String>> consumers(String tenant) {
    return consumers(tenant, Long.MAX_VALUE);
  }

  /** Those that were last saved before {@code beforeMillis}. */
  Future<List<String>> consumers(String tenant, long beforeMillis) {
    return store
        .send(Request.cmd(Command.HGETALL).arg(Keys.of(tenant).cursor()))
        .map(
            r -> {
              List<String> out = new ArrayList<>();
              for (String name : r.getKeys()) {
                String[] v = r.get(name).toString().split(" ", 6);
                if (v.length > 5 && v[3].equals("route") && Long.parseLong(v[4]) < beforeMillis) {
                  out.add(name);
                }
              }
              return out;
            });
  }

  /**
   * Takes dead letters out and gives them to their consumers again, as a new series of attempts;
   * gives how many were still there.
   */
  public Future<Integer> putBack(String tenant, List<DeadLetter> letters) {
    if (letters.isEmpty()) {
      return Future.succeededFuture(0);
    }
    Keys keys = Keys.of(tenant);
    List<Object> args = new ArrayList<>(2 + 3 * letters.size());
    args.add(Keys.WORK);
    args.add(tenant);
    long now = clock.wallMillis();
    for (DeadLetter d : letters) {
      EntryHeader header = new EntryHeader(d.messageId(), d.topic(), d.subject(), now, 0);
      args.add(d.id());
      args.add(d.consumer() + "\n" + new Parked(d.id(), d.place(), 0, 0, "", header).encode());
      args.add(d.event());
    }
    return store
        .eval(ConsumerScripts.PUT_BACK, List.of(keys.dead(), keys.putBack()), args.toArray())
        .map(r -> r.toInteger());
  }

  /** What waits to be given to consumers again. */
  public Future<List<PutBack>> putBacks(String tenant) {
    return store
        .send(Request.cmd(Command.HGETALL).arg(Keys.of(tenant).putBack()))
        .map(
            r -> {
              List<PutBack> out = new ArrayList<>();
              for (String id : r.getKeys()) {
                Response event = r.get(id + ":event");
                if (event == null) {
                  continue; // this is an event
                }
                String[] v = r.get(id).toString().split("\n", 2);
                Parked p = Parked.decode(id, v[1]);
                out.add(
                    new PutBack(
                        id,
                        v[0],
                        new LogEntry(
                            tenant, p.place.epoch(), p.place.seq(), p.header, event.toBytes())));
              }
              return out;
            });
  }

  /** It is over with a message that was put back. */
  public Future<Void> forgetPutBack(String tenant, String id) {
    return store
        .send(Request.cmd(Command.HDEL).arg(Keys.of(tenant).putBack()).arg(id).arg(id + ":event"))
        .mapEmpty();
  }

  /** A consumer's field. */
  private record Stored(Cursor floor, Progress progress, Counts counts) {

    static Stored parse(String text) {
      String[] v = text.split(" ", -1);
      return new Stored(
          new Cursor(v[1], Long.parseLong(v[2])),
          v[5].equals(NO_PROGRESS) ? Progress.NONE : Progress.parse(v[5]),
          Counts.parse(v[6]));
    }

    String encode(long nowMillis) {
      String done = progress.toString();
      return "0 "
          + floor.epoch()
          + " "
          + floor.seq()
          + " route "
          + nowMillis
          + " "
          + (done.isEmpty() ? NO_PROGRESS : done)
          + " "
          + counts;
    }

    Ledger ledger(String name, String epoch, long head, long parked) {
      long unread = head - floor.seq();
      for (Progress.Range r : progress.done()) {
        unread -= r.to() - r.from() + 1;
      }
      boolean ofThisLog = floor.epoch().equals(epoch);
      long received = ofThisLog ? head - counts.start() + counts.extra() : counts.settled();
      return new Ledger(
          name,
          received,
          counts.delivered(),
          counts.expired(),
          counts.dead(),
          counts.filtered(),
          ofThisLog ? unread + parked : 0);
    }
  }
}
