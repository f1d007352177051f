package dev.hongyan.router.dead;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of tenants: a stream {@code hy:{t}:dead}, newest kept, at most about {@value
 * #LETTERS_MAX} a tenant. All methods fail with {@code STORE_UNAVAILABLE} when the store is away.
 *
 * <p>For the API, {@code GET …/dead-letters?consumer=&reason=&limit=&cursor=} is {@link #list}: its
 * items are {@code {"id","messageId","consumer","reason","attempts","lastError","deadAt","event"}}
 * and {@code next} is {@link Page#next}.
 */
public final class DeadLetterStore {
  /** Letters a tenant keeps; the oldest go first. Kept to within a stream node of 100 or so. */
  public static final int LETTERS_MAX = 100_000;

  /** Most letters of one page. */
  public static final int PAGE_MAX = 500;

  private static final int ERROR_MAX = 1_000;
  private static final int SCAN = 100;

  /** Letters one call looks at when it filters; a page may be short, or empty, with a next. */
  private static final int SCAN_MAX = 2_000;

  private final RedisLink store;
  private final Clock clock;

  public DeadLetterStore(RedisLink store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * Which letters; null for any.
   *
   * @param consumer exact name
   * @param reason exact word
   */
  public record Filter(@Nullable String consumer, @Nullable String reason) {
    public static final Filter ALL = new Filter(null, null);

    boolean takes(DeadLetter letter) {
      return (consumer == null || consumer.equals(letter.consumer()))
          && (reason == null || reason.equals(letter.reason()));
    }
  }

  /**
   * Some letters, newest first.
   *
   * @param next hand this in for what follows; null when nothing does
   */
  public record Page(List<DeadLetter> items, @Nullable String next) {
    public Page {
      items = List.copyOf(items);
    }
  }

  /** How many values {@link #fields} gives. */
  public static final int FIELDS = 20;

  /** A letter as the stream holds it: names and values in turn, each a String or bytes. */
  public static List<Object> fields(
      LogEntry entry,
      String consumer,
      String reason,
      int attempts,
      String lastError,
      long nowMillis) {
    String error = lastError.length() <= ERROR_MAX ? lastError : lastError.substring(0, ERROR_MAX);
    String subject = entry.header().subject();
    return List.of(
        "m",
        Long.toString(entry.header().id()),
        "c",
        consumer,
        "r",
        reason,
        "a",
        Integer.toString(attempts),
        "l",
        error,
        "d",
        Long.toString(nowMillis),
        "p",
        new Cursor(entry.epoch(), entry.seq()).toString(),
        "t",
        entry.topic(),
        "s",
        subject == null ? "" : subject,
        "e",
        entry.event());
  }

  /** Adds a letter; when the Future succeeds it is durable. Gives its id. */
  public Future<String> add(
      LogEntry entry, String consumer, String reason, int attempts, String lastError) {
    Request add =
        Request.cmd(Command.XADD)
            .arg(Keys.of(entry.tenant()).dead())
            .arg("MAXLEN")
            .arg("~")
            .arg(LETTERS_MAX)
            .arg("*");
    for (Object field : fields(entry, consumer, reason, attempts, lastError, clock.wallMillis())) {
      if (field instanceof byte[] bytes) {
        add.arg(bytes);
      } else {
        add.arg(String.valueOf(field));
      }
    }
    return store.send(add).map(r -> String.valueOf(r));
  }

  /**
   * Letters that {@code filter} takes, newest first.
   *
   * @param before {@link Page#next} of the page before, null to begin
   * @param count at most so many, 1 to {@value #PAGE_MAX}
   * @throws IllegalArgumentException when {@code before} is none of ours
   */
  public Future<Page> list(String tenant, Filter filter, @Nullable String before, int count) {
    if (before != null && !isId(before)) {
      throw new IllegalArgumentException("not a cursor of dead letters");
    }
    int most = Math.max(1, Math.min(count, PAGE_MAX));
    return scan(tenant, filter, before, most, new ArrayList<>(), 0);
  }

  private Future<Page> scan(
      String tenant,
      Filter filter,
      @Nullable String before,
      int most,
      List<DeadLetter> found,
      int looked) {
    int step = Math.min(SCAN, filter.equals(Filter.ALL) ? most - found.size() : SCAN);
    Request range =
        Request.cmd(Command.XREVRANGE)
            .arg(Keys.of(tenant).dead())
            .arg(before == null ? "+" : "(" + before)
            .arg("-")
            .arg("COUNT")
            .arg(step);
    return store
        .send(range)
        .compose(
            r -> {
              String last = before;
              for (Response item : r) {
                DeadLetter letter = letter(item);
                last = letter.id();
                if (filter.takes(letter)) {
                  found.add(letter);
                  if (found.size() == most) {
                    return Future.succeededFuture(new Page(found, last));
                  }
                }
              }
              if (r.size() < step) {
                return Future.succeededFuture(new Page(found, null));
              }
              return looked + step >= SCAN_MAX
                  ? Future.succeededFuture(new Page(found, last))
                  : scan(tenant, filter, last, most, found, looked + step);
            });
  }

  /**
   * The letters of one message, oldest first, among the first {@value #SCAN_MAX} that were added at
   * {@code sinceMillis} (by the store's clock) or later.
   */
  public Future<List<DeadLetter>> ofMessage(String tenant, long messageId, long sinceMillis) {
    String from = Math.max(0, sinceMillis) + "-0";
    return collect(tenant, messageId, from, new ArrayList<>(), 0);
  }

  private Future<List<DeadLetter>> collect(
      String tenant, long messageId, String from, List<DeadLetter> found, int looked) {
    Request range =
        Request.cmd(Command.XRANGE)
            .arg(Keys.of(tenant).dead())
            .arg(from)
            .arg("+")
            .arg("COUNT")
            .arg(SCAN);
    return store
        .send(range)
        .compose(
            r -> {
              String last = from;
              for (Response item : r) {
                DeadLetter letter = letter(item);
                last = letter.id();
                if (letter.messageId() == messageId) {
                  found.add(letter);
                }
              }
              return r.size() < SCAN || looked + SCAN >= SCAN_MAX
                  ? Future.succeededFuture(found)
                  : collect(tenant, messageId, "(" + last, found, looked + SCAN);
            });
  }

  /** One letter, null when there is none of that id. */
  public Future<@Nullable DeadLetter> get(String tenant, String id) {
    if (!isId(id)) {
      return Future.succeededFuture(null);
    }
    return store
        .send(Request.cmd(Command.XRANGE).arg(Keys.of(tenant).dead()).arg(id).arg(id))
        .map(r -> r.size() == 0 ? null : letter(r.get(0)));
  }

  /** Deletes letters; gives how many there were. Ids that are none of ours are passed over. */
  public Future<Integer> delete(String tenant, List<String> ids) {
    Request delete = Request.cmd(Command.XDEL).arg(Keys.of(tenant).dead());
    int n = 0;
    for (String id : ids) {
      if (isId(id)) {
        delete.arg(id);
        n++;
      }
    }
    return n == 0 ? Future.succeededFuture(0) : store.send(delete).map(r -> r.toInteger());
  }

  /** Deletes all that {@code filter} takes; gives how many those were. */
  public Future<Integer> purge(String tenant, Filter filter) {
    return purge(tenant, filter, null);
  }

  /**
   * The same of those behind a place of the list, as {@link #list} has it.
   *
   * @throws IllegalArgumentException when {@code before} is none of ours
   */
  public Future<Integer> purge(String tenant, Filter filter, @Nullable String before) {
    if (before == null && filter.equals(Filter.ALL)) {
      return store
          .send(Request.cmd(Command.XTRIM).arg(Keys.of(tenant).dead()).arg("MAXLEN").arg(0))
          .map(r -> r.toInteger());
    }
    return purge(tenant, filter, before, 0);
  }

  private Future<Integer> purge(String tenant, Filter filter, @Nullable String before, int sum) {
    return list(tenant, filter, before, PAGE_MAX)
        .compose(
            page ->
                delete(tenant, page.items().stream().map(DeadLetter::id).toList())
                    .compose(
                        n ->
                            page.next() == null
                                ? Future.succeededFuture(sum + n)
                                : purge(tenant, filter, page.next(), sum + n)));
  }

  /** How many letters a tenant has. */
  public Future<Long> count(String tenant) {
    return store.send(Request.cmd(Command.XLEN).arg(Keys.of(tenant).dead())).map(r -> r.toLong());
  }

  private static DeadLetter letter(Response item) {
    Response fields = item.get(1);
    Map<String, Response> f = new HashMap<>();
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      f.put(fields.get(i).toString(), fields.get(i + 1));
    }
    Cursor place = Cursor.parse(text(f, "p"));
    Response event = f.get("e");
    return new DeadLetter(
        item.get(0).toString(),
        number(f, "m"),
        text(f, "c"),
        text(f, "r"),
        (int) number(f, "a"),
        text(f, "l"),
        number(f, "d"),
        place == null ? new Cursor("", 0) : place,
        text(f, "t"),
        text(f, "s").isEmpty() ? null : text(f, "s"),
        event == null ? new byte[0] : event.toBytes());
  }

  private static String text(Map<String, Response> fields, String name) {
    Response value = fields.get(name);
    return value == null ? "" : value.toString();
  }

  private static long number(Map<String, Response> fields, String name) {
    String text = text(fields, name);
    return text.isEmpty() ? 0 : Long.parseLong(text);
  }

  /** {@code <ms>-<n>}, both at most 18 digits. */
  private static boolean isId(String text) {
    int dash = text.indexOf('-');
    if (dash < 1 || dash > 18 || text.length() - dash - 1 < 1 || text.length() - dash > 19) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (i != dash && (text.charAt(i) < '0' || text.charAt(i) > '9')) {
        return false;
      }
    }
    return true;
  }
}
