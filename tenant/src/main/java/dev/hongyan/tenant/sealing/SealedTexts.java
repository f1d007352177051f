package dev.hongyan.tenant.sealing;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Every sealed text of the store: counted by master key, or sealed anew with the one that seals
 * now. Sealing anew changes a value only if it is still what was read, keeps its time to live, and
 * can be broken off and begun again at any moment.
 */
public final class SealedTexts {
  /** Between two pages of 500 keys, so that others get their turn of the store. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  private static final int NAMES_MAX = 20;

  /**
   * What keys are called that never hold a sealed text, though they are many or large, or hold what
   * callers write. In any other key a sealed text is looked for.
   */
  private static final Set<String> PLAIN =
      Set.of(
          "seen",
          "log",
          "head",
          "marks",
          "cursor",
          "client",
          "due",
          "task",
          "dead",
          "parked",
          "parked-events",
          "put-back",
          "health",
          "replays",
          "trail",
          "send",
          "send-msgid",
          "audit-open",
          "quota",
          "reply");

  private static final Script STRING =
      Script.of(
          "sealing-string",
          """
          if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
          if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
          redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
          return 1
          """);

  private static final Script FIELD =
      Script.of(
          "sealing-field",
          """
          if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
          redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
          return 1
          """);

  private final RedisLink link;
  private final StoreWalk walk;
  private final Sealer sealer;
  private final TenantDirectory directory;
  private final Timers timers;

  /** On the context of {@code link} and {@code timers}. */
  public SealedTexts(RedisLink link, Sealer sealer, TenantDirectory directory, Timers timers) {
    this.link = link;
    this.walk = new StoreWalk(link);
    this.sealer = sealer;
    this.directory = directory;
    this.timers = timers;
  }

  /**
   * What a walk found.
   *
   * @param byKey how many texts are sealed with each master key
   * @param resealed how many of them were sealed anew, and are counted under the new key
   * @param stuck names of some that cannot be sealed anew, never what they hold
   */
  public record Found(Map<String, Long> byKey, long resealed, List<String> stuck) {
    /** Texts under any other key than that. */
    public long besides(String masterKey) {
      return byKey.entrySet().stream()
          .filter(e -> !e.getKey().equals(masterKey))
          .mapToLong(Map.Entry::getValue)
          .sum();
    }
  }

  /** Only counts. */
  public Future<Found> count() {
    return new Walk(false, new AtomicLong()).run();
  }

  /**
   * Seals everything anew that another key sealed.
   *
   * @param progress grows with every text that was
   */
  Future<Found> reseal(AtomicLong progress) {
    return new Walk(true, progress).run();
  }

  private final class Walk {
    private final boolean reseal;
    private final AtomicLong progress;
    private final Map<String, Long> byKey = new TreeMap<>();
    private final List<String> stuck = new ArrayList<>();
    private long resealed;

    Walk(boolean reseal, AtomicLong progress) {
      this.reseal = reseal;
      this.progress = progress;
    }

    Future<Found> run() {
      return walk.pages(this::page).map(done -> new Found(byKey, resealed, stuck));
    }

    private Future<Void> page(List<String> keys) {
      List<String> some = keys.stream().filter(SealedTexts::mayHold).toList();
      return types(some)
          .compose(types -> values(some, types))
          .compose(
              texts ->
                  texts.isEmpty()
                      ? Future.succeededFuture()
                      : Future.join(texts.stream().map(this::take).toList())
                          .compose(taken -> pause()));
    }

    private Future<Void> take(SealedText text) {
      String now = sealer.keys().sealing().id();
      if (!reseal || text.masterKey().equals(now)) {
        byKey.merge(text.masterKey(), 1L, Long::sum);
        return Future.succeededFuture();
      }
      String fresh = sealedAnew(text);
      if (fresh == null && !text.isReplaceable()) {
        byKey.merge(text.masterKey(), 1L, Long::sum);
        if (stuck.size() < NAMES_MAX) {
          stuck.add(text.toString());
        }
        return Future.succeededFuture();
      }
      return write(text, fresh == null ? "" : fresh)
          .map(
              changed -> {
                // What was written meanwhile is looked at in the next walk.
                byKey.merge(changed ? now : text.masterKey(), 1L, Long::sum);
                resealed += changed ? 1 : 0;
                progress.addAndGet(changed ? 1 : 0);
                return null;
              });
    }

    private @Nullable String sealedAnew(SealedText text) {
      String context = text.context(SealedTexts.this::appId);
      if (context == null) {
        return null;
      }
      try {
        return text.with(sealer.seal(context, sealer.open(context, text.text()).reveal()));
      } catch (Sealer.SealBroken e) {
        return null;
      }
    }
  }

  private Future<Boolean> write(SealedText text, String value) {
    String field = text.field();
    Future<@Nullable Response> written =
        field == null
            ? link.eval(STRING, List.of(text.key()), text.value(), value)
            : link.eval(FIELD, List.of(text.key()), field, text.value(), value);
    return written.map(answer -> answer != null && answer.toInteger() == 1);
  }

  private static boolean mayHold(String key) {
    String rest = SealedText.rest(key);
    int colon = rest.indexOf(':');
    String kind = colon < 0 ? rest : rest.substring(0, colon);
    return !PLAIN.contains(kind);
  }

  private Future<List<@Nullable Response>> types(List<String> keys) {
    return link.batch(keys.stream().map(k -> Request.cmd(Command.TYPE).arg(k)).toList());
  }

  private Future<List<SealedText>> values(List<String> keys, List<@Nullable Response> types) {
    List<String> asked = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      String type = String.valueOf(types.get(i));
      if (type.equals("string") || type.equals("hash")) {
        asked.add(keys.get(i));
        Command how = type.equals("hash") ? Command.HGETALL : Command.GET;
        requests.add(Request.cmd(how).arg(keys.get(i)));
      }
    }
    return link.batch(requests)
        .map(
            answers -> {
              List<SealedText> texts = new ArrayList<>();
              for (int i = 0; i < answers.size(); i++) {
                boolean hash = requests.get(i).command().equals(Command.HGETALL);
                collect(asked.get(i), hash, answers.get(i), texts);
              }
              return texts;
            });
  }

  private void collect(String key, boolean hash, @Nullable Response answer, List<SealedText> to) {
    if (answer == null) {
      return;
    }
    if (!hash) {
      add(SealedText.in(key, null, answer.toString()), to);
      return;
    }
    List<String> flat = new ArrayList<>();
    answer.forEach(each -> flat.add(each.toString()));
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      add(SealedText.in(key, flat.get(i), flat.get(i + 1)), to);
    }
  }

  private void add(@Nullable SealedText text, List<SealedText> to) {
    if (text != null && (text.isOurs() || sealer.keys().find(text.masterKey()) != null)) {
      to.add(text);
    }
  }

  private @Nullable String appId(String tenant, String account) {
    Tenant found = directory.find(tenant);
    Account of = found == null ? null : found.account(account);
    return of == null ? null : of.appId();
  }

  private Future<Void> pause() {
    Promise<Void> over = Promise.promise();
    var unused = timers.after(PAUSE, over::complete);
    return over.future();
  }
}
