package dev.hongyan.gateway.reply;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.gateway.reply.Question.Key;
import dev.hongyan.gateway.reply.ReplyStore.State;
import dev.hongyan.gateway.reply.ReplyStore.Way;
import dev.hongyan.gateway.reply.ReplyStore.Wish;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.plan.Answers;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.wechat.reply.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answers of a process. The first answer to an event counts, in whatever process it is given;
 * it goes into a request of WeChat that waits or comes in time, in whatever process that is, or
 * else to the user as a customer-service message. Thread-safe; the requests themselves are held by
 * the {@link ReplyDesk} of their event loop.
 */
public final class Replies implements Answers {
  /** Requests that wait, on all loops; what comes then is answered without waiting. */
  static final int WAITING_MAX = 20_000;

  /** Answers whose way is not known yet. */
  static final int UNDECIDED_MAX = 20_000;

  /** WeChat takes customer-service messages for so long after the user's own. */
  static final Duration ANSWERABLE = Duration.ofHours(48);

  private static final Logger LOG = LoggerFactory.getLogger(Replies.class);

  private final Parts parts;
  private final ReplyStore store;
  private final List<ReplyDesk> desks = new CopyOnWriteArrayList<>();
  private final Map<Key, Question> held = new ConcurrentHashMap<>();
  private final Map<Key, Undecided> undecided = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * What it works with.
   *
   * @param timers usable from any thread
   * @param otherNodes whether another process wants to hear of answers
   */
  public record Parts(
      String node,
      Clock clock,
      Timers timers,
      Tenants tenants,
      LateAnswers late,
      BooleanSupplier otherNodes,
      ReplyTiming timing,
      Metrics metrics) {}

  /** The tenants of now. */
  public interface Tenants {
    @Nullable Tenant find(String tenant);
  }

  /** An answer that was the first, and waits for the request that it goes into. */
  private static final class Undecided {
    final Question question;
    final byte[] answer;
    final Promise<How> how = Promise.promise();
    private Timers.@Nullable Cancellable end;

    Undecided(Question question, byte[] answer) {
      this.question = question;
      this.answer = answer;
    }

    synchronized void endsBy(Timers.Cancellable timer) {
      end = timer;
      if (how.future().isComplete()) {
        timer.cancel();
      }
    }

    synchronized void decided() {
      if (end != null) {
        end.cancel();
      }
    }
  }

  public Replies(Parts parts, RedisLink link) {
    this(parts, new RedisReplyStore(link));
  }

  Replies(Parts parts, ReplyStore store) {
    this.parts = parts;
    this.store = store;
    parts.metrics().gauge(Series.REPLIES_WAITING, waiting::get);
  }

  // ---- what the desks use ----

  Parts parts() {
    return parts;
  }

  ReplyStore store() {
    return store;
  }

  void add(ReplyDesk desk) {
    desks.add(desk);
  }

  void remove(ReplyDesk desk) {
    desks.remove(desk);
  }

  /** Whether one more request may wait; if so it counts. */
  boolean enter() {
    if (waiting.incrementAndGet() > WAITING_MAX) {
      waiting.decrementAndGet();
      return false;
    }
    return true;
  }

  void leave() {
    waiting.decrementAndGet();
  }

  void held(Question question) {
    held.put(question.key(), question);
  }

  void released(Key key) {
    held.remove(key);
  }

  /** The event, when a request for it waits in this process. */
  @Nullable Question question(String tenant, long id) {
    return held.get(new Key(tenant, id));
  }

  /** What became of an answer is known on this process. */
  void decided(Key key, Way way) {
    if (!decideHere(key, way) && parts.otherNodes().getAsBoolean()) {
      store.tell(String.join(" ", way.name(), key.tenant(), Long.toString(key.id()), parts.node()));
    }
  }

  void count(String outcome) {
    parts.metrics().count(Series.REPLIES, outcome);
  }

  // ---- answers ----

  /**
   * Gives an answer; from any thread. Fails with {@link Problem#STORE_UNAVAILABLE}, {@link
   * Problem#OVERLOADED}, or {@link Problem#BAD_REQUEST} when the message is none.
   *
   * @param message as {@link ReplyJson} reads it
   * @return when it is known how it went, some seconds after the last try at the latest
   */
  Future<How> answer(Question question, JsonNode message) {
    try {
      Reply checked = ReplyJson.read(message);
      assert checked != null;
    } catch (ProblemException e) {
      count("invalid");
      return Future.failedFuture(e);
    }
    if (undecided.size() >= UNDECIDED_MAX) {
      return Future.failedFuture(Problem.OVERLOADED.because("too many answers are under way"));
    }
    byte[] answer = ReplyJson.write(message);
    return store
        .offer(question.tenant(), question.id(), answer)
        .compose(state -> offered(question, answer, state))
        .onSuccess(how -> count(how.word()));
  }

  private Future<How> offered(Question question, byte[] answer, State state) {
    if (state.answer() == null) {
      return Future.succeededFuture(How.TOO_LATE);
    }
    if (state.way() == Way.OVER) {
      return late(question, answer);
    }
    Undecided one = new Undecided(question, answer);
    undecided.put(question.key(), one);
    one.endsBy(parts.timers().after(untilEnd(question), () -> end(one)));
    answered(question.key());
    if (parts.otherNodes().getAsBoolean()) {
      store.tell("ANSWERED " + question.tenant() + ' ' + question.id() + ' ' + parts.node());
    }
    return one.how.future();
  }

  /** After that no try of WeChat comes any more. */
  private Duration untilEnd(Question question) {
    ReplyTiming timing = parts.timing();
    long end =
        question.takenMillis()
            + timing.tryEvery().multipliedBy(question.windows()).plus(timing.slack()).toMillis();
    return Duration.ofMillis(Math.max(1, end - parts.clock().wallMillis()));
  }

  private void end(Undecided one) {
    Question q = one.question;
    store
        .settle(q.tenant(), q.id(), Wish.END)
        .map(State::way)
        .recover(away -> Future.succeededFuture(Way.OVER))
        .onSuccess(
            way -> {
              boolean unused = decideHere(q.key(), way);
            });
  }

  /** True when the answer was given in this process. */
  private boolean decideHere(Key key, Way way) {
    Undecided one = way == Way.OPEN ? null : undecided.remove(key);
    if (one == null) {
      return false;
    }
    one.decided();
    if (way == Way.PASSIVE) {
      one.how.complete(How.PASSIVE);
    } else {
      late(one.question, one.answer).onComplete(one.how);
    }
    return true;
  }

  /** Looks for requests that wait for it, on the loops of this process. */
  private void answered(Key key) {
    for (ReplyDesk desk : desks) {
      desk.answered(key);
    }
  }

  private Future<How> late(Question question, byte[] answer) {
    Tenant tenant = parts.tenants().find(question.tenant());
    Account account = tenant == null ? null : tenant.account(question.account());
    long age = parts.clock().wallMillis() - question.takenMillis();
    if (account == null
        || !account.appId().equals(question.appId())
        || age > ANSWERABLE.toMillis()) {
      return Future.succeededFuture(How.TOO_LATE);
    }
    JsonNode message = ReplyJson.parse(answer);
    var body = LateMessages.of(ReplyJson.read(message), message, account.kind(), question.openid());
    if (body == null) {
      return Future.succeededFuture(How.TOO_LATE);
    }
    return parts
        .late()
        .send(
            question.tenant(),
            question.account(),
            question.openid(),
            body,
            "reply-" + question.id())
        .map(sent -> sent ? How.CUSTOMER_SERVICE : How.TOO_LATE)
        .recover(
            e -> {
              LOG.warn("a late answer of {} was not sent: {}", question, e.getMessage());
              return Future.succeededFuture(How.TOO_LATE);
            });
  }

  // ---- what the router tells ----

  @Override
  public void answered(Route route, LogEntry entry, byte[] body) {
    JsonNode message = ReplyJson.ofDestination(body);
    if (message == null) {
      return;
    }
    Question question = Question.of(entry, route.replyWindows());
    if (question != null) {
      answer(question, message)
          .onFailure(e -> LOG.info("no answer to {}: {}", question, e.getMessage()));
    }
  }

  @Override
  public void hinted(String hint) {
    String[] words = hint.split(" ");
    if (words.length != 4 || words[3].equals(parts.node())) {
      return;
    }
    Key key = new Key(words[1], Long.parseLong(words[2]));
    if (words[0].equals("ANSWERED")) {
      answered(key);
    } else {
      boolean unused = decideHere(key, Way.valueOf(words[0]));
    }
  }
}
