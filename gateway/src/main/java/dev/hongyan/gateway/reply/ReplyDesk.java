package dev.hongyan.gateway.reply;

import dev.hongyan.gateway.reply.Question.Key;
import dev.hongyan.gateway.reply.ReplyStore.State;
import dev.hongyan.gateway.reply.ReplyStore.Way;
import dev.hongyan.gateway.reply.ReplyStore.Wish;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.spool.Intake;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.ReplyContext;
import dev.hongyan.wechat.reply.Reply;
import dev.hongyan.wechat.reply.ReplyEncoder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The requests of WeChat that wait for an answer on one event loop. One timer serves them all. */
public final class ReplyDesk implements AutoCloseable {
  /** How much longer than its budget the last request may take when the store does not answer. */
  private static final Duration GRACE = Duration.ofMillis(400);

  private final Replies replies;
  private final ReplyStore store;
  private final ReplyTiming timing;
  private final Executor onLoop;
  private final Timers timers;
  private final Supplier<byte[]> random16;
  private final ReplyEncoder encoder = new ReplyEncoder();
  private final Map<Key, List<Held>> waiting = new HashMap<>();

  /** By age, so the first is due first; those that are done leave when they come to the front. */
  private final ArrayDeque<Held> due = new ArrayDeque<>();

  /** Without an answer, for WeChat to give up. */
  private final ArrayDeque<Held> past = new ArrayDeque<>();

  private Timers.@Nullable Cancellable alarm;
  private long alarmNanos;

  /**
   * @param onLoop runs a task on this loop, from any thread
   * @param random16 gives 16 fresh random bytes
   */
  public ReplyDesk(Replies replies, Executor onLoop, Timers timers, Supplier<byte[]> random16) {
    this.replies = replies;
    this.store = replies.store();
    this.timing = replies.parts().timing();
    this.onLoop = onLoop;
    this.timers = timers;
    this.random16 = random16;
    replies.add(this);
  }

  private enum Phase {
    /** Its message is on its way to the log, or the first try is looked for. */
    ARRIVING,
    /** It may be answered. */
    WAITING,
    /** Its time is used up; WeChat is to give it up. */
    PAST,
    /** Answered, or ended. */
    OVER,
    /** WeChat has gone. */
    GONE
  }

  /**
   * A request that is to wait. It is held before its message goes to the log, so that no answer can
   * come before it waits; then it is told what became of the message.
   */
  public final class Held {
    private final HeldRequest request;
    private final long dueNanos;
    private final boolean counted;
    private Question question;
    private Phase phase = Phase.ARRIVING;
    private boolean last;

    /** An answer came while it arrived. */
    private boolean early;

    private Held(HeldRequest request, Question question, long dueNanos, boolean counted) {
      this.request = request;
      this.question = question;
      this.dueNanos = dueNanos;
      this.counted = counted;
    }

    private boolean isOpen() {
      return phase == Phase.ARRIVING || phase == Phase.WAITING;
    }

    /**
     * The message is safe; from now on the request may be answered.
     *
     * @param dedupeKey by which a repeat finds the first one
     */
    public void taken(Intake.Taken where, String dedupeKey) {
      if (!isOpen()) {
        return;
      }
      if (!counted) {
        replies.count("full");
        success(this);
      } else if (where == Intake.Taken.NEW) {
        last = question.windows() == 1;
        await(this, early);
      } else if (where == Intake.Taken.DUPLICATE) {
        joinFirst(this, dedupeKey);
      } else {
        success(this); // nobody hears of it before the store is back
      }
    }

    /** The message is nowhere. */
    public void failed(Throwable why) {
      if (leave(this, Phase.OVER)) {
        request.failed(why);
      }
    }

    /** WeChat has given up. */
    public void gone() {
      if (!leave(this, Phase.GONE) && phase == Phase.PAST) {
        phase = Phase.GONE;
      }
    }
  }

  /**
   * Takes a request on.
   *
   * @param question the push; when it turns out to be a repeat, the first one's id counts
   * @param startedNanos when it came
   */
  public Held hold(Question question, HeldRequest request, long startedNanos) {
    boolean counted = replies.enter();
    Held held = new Held(request, question, startedNanos + timing.budget().toNanos(), counted);
    if (counted) {
      register(held);
    }
    return held;
  }

  /** How many requests wait on this loop. */
  int waiting() {
    return waiting.values().stream().mapToInt(List::size).sum();
  }

  @Override
  public void close() {
    replies.remove(this);
    if (alarm != null) {
      alarm.cancel();
    }
  }

  private void register(Held held) {
    waiting.computeIfAbsent(held.question.key(), k -> new ArrayList<>(1)).add(held);
    replies.held(held.question);
  }

  private void unregister(Held held) {
    Key key = held.question.key();
    List<Held> same = waiting.get(key);
    if (same != null && same.remove(held) && same.isEmpty()) {
      waiting.remove(key);
      replies.released(key);
    }
  }

  /** It does not wait any more; false when it did not before. */
  private boolean leave(Held held, Phase to) {
    if (!held.isOpen()) {
      return false;
    }
    held.phase = to;
    if (held.counted) {
      unregister(held);
      replies.leave();
    }
    return true;
  }

  private void success(Held held) {
    if (leave(held, Phase.OVER)) {
      held.request.success();
    }
  }

  // ---- tries after the first ----

  /** Joins what the first one began. */
  private void joinFirst(Held held, String dedupeKey) {
    Question own = held.question;
    store
        .original(own.tenant(), own.account(), dedupeKey)
        .onComplete(
            first -> onLoop.execute(() -> found(held, first)),
            away -> onLoop.execute(() -> success(held)));
  }

  private void found(Held held, @Nullable EntryHeader first) {
    if (!held.isOpen()) {
      return;
    }
    if (first == null) {
      success(held); // so old that it has left the log
      return;
    }
    unregister(held);
    held.question = held.question.repeats(first.id(), first.timeMillis());
    register(held); // first, so that no answer is missed
    store
        .join(held.question.tenant(), first.id())
        .onComplete(
            state -> onLoop.execute(() -> joined(held, state)),
            away -> onLoop.execute(() -> success(held)));
  }

  private void joined(Held held, State state) {
    if (!held.isOpen()) {
      return;
    }
    int windows = held.question.windows();
    long age = replies.parts().clock().wallMillis() - held.question.takenMillis();
    long lastBegins = timing.tryEvery().multipliedBy(windows - 1L).minus(timing.slack()).toMillis();
    // Whatever came before: after so long there is no further try.
    held.last = state.tries() >= windows || age >= lastBegins;
    if (state.way() == Way.OVER) {
      success(held);
    } else {
      await(held, state.answer() != null || held.early);
    }
  }

  // ---- time ----

  private void await(Held held, boolean isAnswered) {
    held.phase = Phase.WAITING;
    due.add(held);
    arm();
    if (isAnswered) {
      ask(held, Wish.TAKE);
    }
  }

  private void arm() {
    Held next = due.peek();
    Held ending = past.peek();
    long at = next == null ? Long.MAX_VALUE : next.dueNanos;
    if (ending != null) {
      at = Math.min(at, hangUpNanos(ending));
    }
    if (at == Long.MAX_VALUE || (alarm != null && alarmNanos <= at)) {
      return;
    }
    if (alarm != null) {
      alarm.cancel();
    }
    alarmNanos = at;
    long wait = at - replies.parts().clock().nanos();
    alarm = timers.after(Duration.ofNanos(Math.max(1_000_000, wait)), this::ring);
  }

  private void ring() {
    alarm = null;
    long now = replies.parts().clock().nanos();
    for (Held held = due.peek(); held != null; held = due.peek()) {
      if (held.isOpen() && held.dueNanos > now) {
        break;
      }
      Held unused = due.remove();
      if (held.isOpen()) {
        runOut(held);
      }
    }
    for (Held held = past.peek(); held != null; held = past.peek()) {
      if (held.phase == Phase.PAST && hangUpNanos(held) > now) {
        break;
      }
      Held unused = past.remove();
      if (held.phase == Phase.PAST) {
        held.phase = Phase.OVER;
        held.request.hangUp();
      }
    }
    arm();
  }

  private long hangUpNanos(Held held) {
    return held.dueNanos + timing.hangUpAfter().minus(timing.budget()).toNanos();
  }

  /** Its budget is used up: the last one is answered, the others make WeChat try again. */
  private void runOut(Held held) {
    if (held.last) {
      ask(held, Wish.CLOSE);
      var unused = timers.after(GRACE, () -> success(held));
    } else if (leave(held, Phase.PAST)) {
      past.add(held);
    }
  }

  // ---- answers ----

  /** There is an answer; from any thread. */
  void answered(Key key) {
    onLoop.execute(
        () -> {
          for (Held held : List.copyOf(waiting.getOrDefault(key, List.of()))) {
            if (held.phase == Phase.WAITING) {
              ask(held, Wish.TAKE);
            } else {
              held.early = true;
            }
          }
        });
  }

  /** Asks for the answer, and whether it may go into this request. */
  private void ask(Held held, Wish wish) {
    Key key = held.question.key();
    store
        .settle(key.tenant(), key.id(), wish)
        .onComplete(
            state -> onLoop.execute(() -> given(held, state, wish)),
            away -> onLoop.execute(() -> unknown(held, wish)));
  }

  private void unknown(Held held, Wish wish) {
    if (wish == Wish.CLOSE) {
      success(held);
    }
  }

  private void given(Held held, State state, Wish wish) {
    byte[] answer = state.answer();
    if (state.way() == Way.OVER) {
      if (wish == Wish.CLOSE && answer == null && held.isOpen()) {
        replies.count("none");
      }
      success(held);
    } else if (state.way() == Way.PASSIVE && answer != null) {
      if (held.isOpen()) {
        write(held, answer);
      } else if (held.phase != Phase.OVER) {
        undo(held);
      }
    }
  }

  private void write(Held held, byte[] answer) {
    Key key = held.question.key();
    ReplyContext context = held.request.context();
    Reply reply = ReplyJson.read(ReplyJson.parse(answer));
    if (!fits(reply, context)) {
      success(held);
      store
          .settle(key.tenant(), key.id(), Wish.REFUSE)
          .onComplete(done -> replies.decided(key, Way.OVER));
      return;
    }
    long nowSeconds = replies.parts().clock().wallMillis() / 1000;
    byte[] body = encoder.encode(reply, context, nowSeconds, random16.get());
    if (leave(held, Phase.OVER)) {
      held.request
          .reply(body, context.format())
          .onComplete(written -> replies.decided(key, Way.PASSIVE), gone -> undo(held));
    }
  }

  /** Mini programs know one reply (WeChat: customer service messages of mini programs). */
  private static boolean fits(Reply reply, ReplyContext context) {
    if (reply instanceof Reply.TransferCustomerService) {
      return context.product() != Product.WECOM;
    }
    return context.product() == Product.MP
        || (context.product() == Product.WECOM && !(reply instanceof Reply.Music));
  }

  /** The answer did not get out: another try may have it. */
  private void undo(Held held) {
    Key key = held.question.key();
    var unused = store.settle(key.tenant(), key.id(), Wish.UNDO);
  }
}
