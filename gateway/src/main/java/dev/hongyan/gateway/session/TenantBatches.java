package dev.hongyan.gateway.session;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Questions to the store that come by the thousand when many clients come at once: those of one
 * tenant and one tick leave as one call, and while a tenant's call is under way its next one
 * gathers. So a storm of clients does not fill the link, on which messages travel too. What waits
 * is bounded by whose questions they are: sessions and their subscriptions. For one thread.
 */
final class TenantBatches<Q, R> {
  private static final int CALL_QUESTIONS = 256;
  private static final int CALLS_UNDER_WAY = 256;

  private final Executor endOfTick;
  private final Call<Q, R> call;
  private final Map<String, Line<Q, R>> lines = new HashMap<>();
  private final ArrayDeque<Line<Q, R>> ready = new ArrayDeque<>();
  private int underWay;
  private boolean scheduled;

  /** Asks the store many things at once. */
  interface Call<Q, R> {
    /** Gives one completed Future for each question, in their order. */
    Future<List<Future<R>>> ask(String tenant, List<Q> questions);
  }

  private record Waiting<Q, R>(Q question, Promise<R> answer) {}

  private static final class Line<Q, R> {
    final String tenant;
    final ArrayDeque<Waiting<Q, R>> waiting = new ArrayDeque<>(4);
    boolean underWay;

    Line(String tenant) {
      this.tenant = tenant;
    }
  }

  /**
   * @param endOfTick runs a task after what this tick has still to do
   */
  TenantBatches(Executor endOfTick, Call<Q, R> call) {
    this.endOfTick = endOfTick;
    this.call = call;
  }

  /** Answered in the order of a tenant's questions; fails when its call does. */
  Future<R> ask(String tenant, Q question) {
    Line<Q, R> line = lines.computeIfAbsent(tenant, Line::new);
    Promise<R> answer = Promise.promise();
    line.waiting.add(new Waiting<>(question, answer));
    if (line.waiting.size() == 1 && !line.underWay) {
      ready.add(line);
      flushSoon();
    }
    return answer.future();
  }

  /** Every line that waits and has no call under way stands in {@link #ready}. */
  private void flushSoon() {
    if (!scheduled && !ready.isEmpty() && underWay < CALLS_UNDER_WAY) {
      scheduled = true;
      endOfTick.execute(this::flush);
    }
  }

  private void flush() {
    scheduled = false;
    while (underWay < CALLS_UNDER_WAY && !ready.isEmpty()) {
      send(ready.remove());
    }
  }

  private void send(Line<Q, R> line) {
    int size = Math.min(line.waiting.size(), CALL_QUESTIONS);
    List<Q> questions = new ArrayList<>(size);
    List<Promise<R>> answers = new ArrayList<>(size);
    while (questions.size() < size) {
      Waiting<Q, R> next = line.waiting.remove();
      questions.add(next.question);
      answers.add(next.answer);
    }
    underWay++;
    line.underWay = true;
    call.ask(line.tenant, questions)
        .onComplete(
            each -> {
              done(line);
              for (int i = 0; i < answers.size(); i++) {
                each.get(i).onComplete(answers.get(i));
              }
            },
            e -> {
              done(line);
              answers.forEach(a -> a.fail(e));
            });
  }

  private void done(Line<Q, R> line) {
    underWay--;
    line.underWay = false;
    if (line.waiting.isEmpty()) {
      lines.remove(line.tenant, line);
    } else {
      ready.add(line);
    }
    flushSoon();
  }
}
