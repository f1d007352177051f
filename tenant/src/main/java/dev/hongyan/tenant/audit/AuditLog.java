package dev.hongyan.tenant.audit;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit chains, one per tenant and one of the platform, for any thread. Each entry holds
 * SHA-256 over the hash before it and itself, and the newest hash is sealed with the master key: a
 * changed, missing, moved or added entry is found and named by {@link #verify}.
 *
 * <p>An act is noted as open before it is done ({@link #begin}) and becomes an entry afterwards
 * ({@link #finish}): when the note cannot be written the act must not be done, and when the entry
 * cannot be written it is tried again, and at last told as {@code unknown}. So nothing is done
 * without a trace.
 *
 * <p>A chain keeps {@link Retention}; what is cut off leaves its last hash behind, so the rest
 * still verifies. Any number of nodes may write at once.
 */
public final class AuditLog {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  /** The chain of what concerns no tenant, and of tenants that are gone. */
  public static final String PLATFORM = "";

  /** Most entries of one {@link #page} or {@link #verify}. */
  public static final int PAGE_MAX = 500;

  /** The outcome of what went well. */
  public static final String DONE = "done";

  /** The outcome of an act of which only the beginning is known. */
  public static final String UNKNOWN = "unknown";

  /** Acts whose entries wait for the store to come back. */
  private static final int LATE_MAX = 1_000;

  private static final int TRIES = 200;
  private static final Duration OPEN_MAX = Duration.ofMinutes(10);
  private static final int TEXT_MAX = 64 << 10;

  private final RedisLink link;
  private final HeadSeal seal;
  private final Clock clock;
  private final Retention keep;
  private final LinkedBlockingDeque<Runnable> late = new LinkedBlockingDeque<>(LATE_MAX);

  /** The last append of each chain that has one under way. */
  private final ConcurrentHashMap<String, Future<Chain.@Nullable Link>> lines =
      new ConcurrentHashMap<>();

  /** How much of a chain is kept. */
  public record Retention(Duration age, long entries, long bytes) {
    public static final Retention DEFAULT = new Retention(Duration.ofDays(400), 100_000, 64L << 20);
  }

  /** Something that is being done. */
  public record Open(String scope, String id, AuditDraft draft, long atMillis) {}

  /**
   * Where a chain is broken.
   *
   * @param seq the entry that should be there
   * @param problem {@code changed}, {@code missing}, {@code inserted}, or {@code head} when the
   *     newest hash is not the one that was sealed
   */
  public record Break(long seq, String problem) {}

  /**
   * What {@link #verify} saw.
   *
   * @param from the first entry it looked at
   * @param entries how many were good
   * @param broken null when all is well so far
   * @param next where to go on, as {@code after}; 0 when all was seen
   * @param head the newest hash
   */
  public record Verdict(
      long from, long entries, @Nullable Break broken, long next, long headSeq, String head) {}

  /**
   * A piece of a chain.
   *
   * @param anchorSeq the entry before the first that is kept
   */
  public record Page(
      List<AuditEntry> entries, long anchorSeq, String anchorHash, long headSeq, String headHash) {
    public Page {
      entries = List.copyOf(entries);
    }
  }

  public AuditLog(RedisLink link, Sealer sealer, Clock clock) {
    this(link, sealer, clock, Retention.DEFAULT);
  }

  public AuditLog(RedisLink link, Sealer sealer, Clock clock, Retention keep) {
    this.link = link;
    this.seal = new HeadSeal(sealer);
    this.clock = clock;
    this.keep = keep;
    link.onState(
        up -> {
          if (up) {
            retry();
          }
        });
  }

  /**
   * Notes that something is about to be done; fails with NOT_FOUND when that tenant does not exist,
   * STORE_UNAVAILABLE when it could not be noted. Then it must not be done.
   *
   * @param scope the tenant, or {@link #PLATFORM}
   */
  public Future<Open> begin(String scope, AuditDraft draft) {
    long now = clock.wallMillis();
    byte[] random = new byte[12];
    ThreadLocalRandom.current().nextBytes(random);
    Open open = new Open(scope, HexFormat.of().formatHex(random), draft, now);
    AuditKeys keys = AuditKeys.of(scope);
    return link.eval(
            AuditScripts.BEGIN,
            List.of(keys.open(), keys.alive()),
            keys.guard(),
            open.id(),
            draft.toJson().put("atMillis", now).encode())
        .map(
            noted -> {
              if (noted != null && noted.toLong() == 0) {
                throw Problem.NOT_FOUND.because("There is no such tenant");
              }
              return open;
            });
  }

  /**
   * Writes the entry. What cannot be written now is written when the store is back, or told as
   * {@link #UNKNOWN} after ten minutes.
   *
   * @param outcome {@link #DONE}, or the code of the problem
   * @param changes what is different now; empty for nothing
   * @param notes what else is worth knowing; empty for nothing
   */
  public Future<Void> finish(Open open, String outcome, JsonArray changes, JsonObject notes) {
    return append(open, outcome, changes, notes)
        .onSuccess(written -> retry())
        .onFailure(e -> later(() -> finish(open, outcome, changes, notes), e));
  }

  /** Both at once, for what has happened already. */
  public Future<Void> record(String scope, AuditDraft draft, String outcome, JsonArray changes) {
    return begin(scope, draft)
        .onFailure(
            e -> {
              if (ProblemException.of(e) != Problem.NOT_FOUND) {
                later(() -> record(scope, draft, outcome, changes), e);
              }
            })
        .compose(open -> finish(open, outcome, changes, new JsonObject()));
  }

  private void later(Supplier<Future<Void>> again, Throwable why) {
    boolean kept =
        late.offer(
            () -> {
              var unused = again.get();
            });
    LOG.warn("An audit entry {}: {}", kept ? "has to wait" : "is lost", why.getMessage());
  }

  private void retry() {
    Runnable next = late.poll();
    if (next != null) {
      next.run();
    }
  }

  /** One after the other in a chain, so that this process does not get into its own way. */
  private Future<Void> append(Open open, String outcome, JsonArray changes, JsonObject notes) {
    Promise<Chain.@Nullable Link> here = Promise.promise();
    Future<Chain.@Nullable Link> before = lines.put(open.scope(), here.future());
    Future<Chain.@Nullable Link> known =
        before == null
            ? Future.succeededFuture()
            : before.recover(failed -> Future.succeededFuture());
    known.compose(link -> append(open, outcome, changes, notes, link, TRIES)).onComplete(here);
    return here.future().onComplete(ended -> lines.remove(open.scope(), here.future())).mapEmpty();
  }

  /** Gives the newest link, or null when that is not known. */
  private Future<Chain.@Nullable Link> append(
      Open open,
      String outcome,
      JsonArray changes,
      JsonObject notes,
      Chain.@Nullable Link known,
      int tries) {
    if (known == null) {
      return newest(open.scope()).compose(l -> append(open, outcome, changes, notes, l, tries));
    }
    AuditKeys keys = AuditKeys.of(open.scope());
    String text = text(known.seq() + 1, open, outcome, changes, notes);
    Chain.Link mine =
        new Chain.Link(known.seq() + 1, Chain.next(known.hash(), text), known.forgedAt());
    long now = clock.wallMillis();
    return link.eval(
            AuditScripts.APPEND,
            List.of(keys.chain(), keys.head(), keys.open(), keys.alive()),
            keys.guard(),
            open.id(),
            known.seq(),
            known.hash(),
            text,
            mine.hash(),
            seal.of(open.scope(), mine),
            now,
            now - keep.age().toMillis(),
            keep.entries(),
            keep.bytes())
        .compose(
            answer -> {
              long said = answer == null ? 2 : answer.get(0).toLong();
              if (said == 1) {
                return Future.succeededFuture(mine);
              }
              if (said == 2) {
                return Future.succeededFuture();
              }
              if (said == -1) {
                return gone(open, outcome, notes);
              }
              if (tries <= 1 || answer == null) {
                return Future.failedFuture(
                    Problem.STORE_UNAVAILABLE.because("the audit log grows too fast"));
              }
              Chain.Link moved =
                  head(open.scope(), answer.get(1).toLong(), answer.get(2), answer.get(3));
              return append(open, outcome, changes, notes, moved, tries - 1);
            });
  }

  /**
   * The tenant went meanwhile, and its chain with it; what was done to it is told without detail.
   */
  private Future<Chain.@Nullable Link> gone(Open open, String outcome, JsonObject notes) {
    AuditDraft was = open.draft();
    AuditDraft draft =
        new AuditDraft(
            was.actor(),
            was.action(),
            was.target().copy().put("tenant", open.scope()),
            was.address(),
            was.requestId());
    return begin(PLATFORM, draft)
        .compose(again -> append(again, outcome, new JsonArray(), notes))
        .map((Chain.Link) null);
  }

  private Future<Chain.Link> newest(String scope) {
    return link.send(
            Request.cmd(Command.HMGET)
                .arg(AuditKeys.of(scope).head())
                .arg("seq")
                .arg("hash")
                .arg("seal"))
        .map(
            r ->
                r == null || r.get(0) == null
                    ? Chain.origin(scope)
                    : head(scope, r.get(0).toLong(), r.get(1), r.get(2)));
  }

  /**
   * The newest entry as the store has it. One whose seal does not fit was not written by us: the
   * log goes on behind it, because acts have to be noted, and says so from then on.
   */
  private Chain.Link head(
      String scope, long seq, @Nullable Response hash, @Nullable Response seal) {
    Chain.Link plain = new Chain.Link(seq, text(hash));
    long forgedAt = this.seal.forgedAt(scope, plain, seal == null ? null : seal.toString());
    if (forgedAt == seq) {
      LOG.error(
          "The audit log of {} was changed by somebody else",
          scope.isEmpty() ? "the platform" : scope);
    }
    return new Chain.Link(seq, plain.hash(), forgedAt);
  }

  private static String text(
      long seq, Open open, String outcome, JsonArray changes, JsonObject notes) {
    JsonObject json =
        new JsonObject()
            .put("seq", seq)
            .put("at", Instant.ofEpochMilli(open.atMillis()).toString());
    json.mergeIn(open.draft().toJson()).put("outcome", outcome);
    if (!notes.isEmpty()) {
      json.put("notes", notes);
    }
    if (changes.isEmpty()) {
      return json.encode();
    }
    String whole = json.put("changes", changes).encode();
    if (whole.length() <= TEXT_MAX) {
      return whole;
    }
    JsonArray some = new JsonArray();
    int chars = 0;
    for (int i = 0; i < changes.size() && chars < TEXT_MAX / 2; i++) {
      chars += changes.getJsonObject(i).encode().length();
      some.add(changes.getValue(i));
    }
    return json.put("changes", some).put("changesLeftOut", changes.size() - some.size()).encode();
  }

  /**
   * Entries behind {@code after}, oldest first.
   *
   * @param after a number, 0 for the beginning
   */
  public Future<Page> page(String scope, long after, int count) {
    AuditKeys keys = AuditKeys.of(scope);
    return link.eval(
            AuditScripts.READ,
            List.of(keys.chain(), keys.head()),
            "(" + after + "-0",
            Math.max(1, Math.min(count, PAGE_MAX)))
        .map(r -> page(scope, r));
  }

  private static Page page(String scope, @Nullable Response answer) {
    Chain.Link origin = Chain.origin(scope);
    if (answer == null || answer.get(0).get(0) == null) {
      return new Page(
          answer == null ? List.of() : entries(answer.get(1)),
          origin.seq(),
          origin.hash(),
          origin.seq(),
          origin.hash());
    }
    Response head = answer.get(0);
    return new Page(
        entries(answer.get(1)),
        number(head.get(3)),
        text(head.get(4)),
        number(head.get(0)),
        text(head.get(1)));
  }

  private static List<AuditEntry> entries(Response items) {
    List<AuditEntry> out = new ArrayList<>(items.size());
    for (Response item : items) {
      String text = "";
      String hash = "";
      Response fields = item.get(1);
      for (int i = 0; i + 1 < fields.size(); i += 2) {
        switch (fields.get(i).toString()) {
          case "t" -> text = fields.get(i + 1).toString();
          case "h" -> hash = fields.get(i + 1).toString();
          default -> {}
        }
      }
      out.add(new AuditEntry(item.get(0).toString(), text, hash));
    }
    return out;
  }

  /**
   * Walks the chain behind entry {@code after} (0: from the beginning), at most {@value #PAGE_MAX}
   * entries. An entry that was good in the call before is where the next call goes on.
   */
  public Future<Verdict> verify(String scope, long after, int count) {
    int size = Math.max(1, Math.min(count, PAGE_MAX));
    AuditKeys keys = AuditKeys.of(scope);
    // One before, because its hash is what the first one hangs on; one after, to see if there is.
    String from = after <= 0 ? "-" : after + "-0";
    return link.eval(AuditScripts.READ, List.of(keys.chain(), keys.head()), from, size + 2)
        .map(answer -> verdict(scope, after, size, answer));
  }

  private Verdict verdict(String scope, long after, int size, @Nullable Response answer) {
    Page page = page(scope, answer);
    List<AuditEntry> entries = page.entries();
    Chain.Link start = new Chain.Link(page.anchorSeq(), page.anchorHash());
    int first = 0;
    if (after > page.anchorSeq() && !entries.isEmpty() && entries.get(0).seq() == after) {
      start = new Chain.Link(after, entries.get(0).hash());
      first = 1;
    } else if (after > page.anchorSeq()) {
      return verdict(after, 0, new Break(after, "missing"), 0, page);
    }
    Chain chain = new Chain(start);
    int end = Math.min(entries.size(), first + size);
    for (int i = first; i < end; i++) {
      Break broken = chain.take(entries.get(i));
      if (broken != null) {
        return verdict(start.seq(), chain.at().seq() - start.seq(), broken, 0, page);
      }
    }
    long seen = chain.at().seq() - start.seq();
    if (end < entries.size() && chain.at().seq() < page.headSeq()) {
      return verdict(start.seq(), seen, null, chain.at().seq(), page);
    }
    if (end < entries.size()) {
      return verdict(start.seq(), seen, new Break(page.headSeq() + 1, "inserted"), 0, page);
    }
    return verdict(start.seq(), seen, end(scope, chain, page, answer), 0, page);
  }

  private static Verdict verdict(
      long start, long seen, @Nullable Break broken, long next, Page page) {
    return new Verdict(start + 1, seen, broken, next, page.headSeq(), page.headHash());
  }

  private @Nullable Break end(String scope, Chain chain, Page page, @Nullable Response answer) {
    Chain.Link last = chain.at();
    if (last.seq() < page.headSeq()) {
      return new Break(last.seq() + 1, "missing");
    }
    if (last.seq() > page.headSeq()) {
      return new Break(page.headSeq() + 1, "inserted");
    }
    if (!last.hash().equals(page.headHash())) {
      return new Break(last.seq(), "head");
    }
    Response seal = answer == null ? null : answer.get(0).get(2);
    if (seal == null && last.seq() == 0) {
      return null;
    }
    long forgedAt = this.seal.forgedAt(scope, last, seal == null ? null : seal.toString());
    return forgedAt == 0 ? null : new Break(forgedAt, "head");
  }

  /**
   * Writes entries for acts that began long ago and of whose end nobody heard, with the outcome
   * {@link #UNKNOWN}. To be done before a chain is read.
   */
  public Future<Void> settle(String scope) {
    return link.send(Request.cmd(Command.HGETALL).arg(AuditKeys.of(scope).open()))
        .compose(
            all -> {
              Future<Void> done = Future.succeededFuture();
              long before = clock.wallMillis() - OPEN_MAX.toMillis();
              for (int i = 0; all != null && i + 1 < all.size(); i += 2) {
                String id = all.get(i).toString();
                JsonObject json = new JsonObject(all.get(i + 1).toString());
                long at = json.getLong("atMillis", 0L);
                if (at < before) {
                  Open open = new Open(scope, id, AuditDraft.of(json), at);
                  done =
                      done.compose(
                          next -> append(open, UNKNOWN, new JsonArray(), new JsonObject()));
                }
              }
              return done;
            });
  }

  private static long number(@Nullable Response value) {
    return value == null ? 0 : value.toLong();
  }

  private static String text(@Nullable Response value) {
    return value == null ? "" : value.toString();
  }
}
