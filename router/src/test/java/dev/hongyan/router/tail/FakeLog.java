package dev.hongyan.router.tail;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.log.LogReader;
import dev.hongyan.router.log.Messages;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A log in memory, of whatever tenant. Answers at once, or (when {@link #slow}) what is true at one
 * moment when somebody says so at another.
 */
final class FakeLog implements LogReader {
  final TreeMap<Long, LogEntry> kept = new TreeMap<>();
  final List<Runnable> questions = new ArrayList<>();
  String epoch = "e1";
  long seq;
  boolean slow;
  boolean away;
  int reads;
  int heads;

  @CanIgnoreReturnValue
  LogEntry append(String tenant) {
    LogEntry entry = Messages.entry(tenant, epoch, ++seq);
    kept.put(seq, entry);
    return entry;
  }

  @CanIgnoreReturnValue
  List<LogEntry> append(String tenant, int n) {
    List<LogEntry> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(append(tenant));
    }
    return out;
  }

  /** Everything below {@code from} is gone. */
  void trim(long from) {
    kept.headMap(from).clear();
  }

  void replace(String newEpoch) {
    kept.clear();
    seq = 0;
    epoch = newEpoch;
  }

  @Override
  public Future<LogHead> head(String tenant) {
    heads++;
    return answer(() -> new LogHead(epoch, seq, kept.isEmpty() ? seq + 1 : kept.firstKey()));
  }

  @Override
  public Future<List<LogEntry>> read(String tenant, String known, long from, int count) {
    reads++;
    return answer(
        () -> {
          if (!known.equals(epoch)) {
            throw Problem.STORE_UNAVAILABLE.because("the log was replaced");
          }
          return kept.tailMap(from).values().stream().limit(count).toList();
        });
  }

  /** A slow answer: the question reaches the log in one step, the answer comes back in another. */
  private <T> Future<T> answer(Supplier<T> ask) {
    Promise<T> promise = Promise.promise();
    Runnable question =
        () -> {
          Future<T> answer;
          try {
            answer =
                away
                    ? Future.failedFuture(Problem.STORE_UNAVAILABLE.because("away"))
                    : Future.succeededFuture(ask.get());
          } catch (RuntimeException e) {
            answer = Future.failedFuture(e);
          }
          if (slow) {
            Future<T> late = answer;
            questions.add(() -> late.onComplete(promise));
          } else {
            answer.onComplete(promise);
          }
        };
    if (slow) {
      questions.add(question);
    } else {
      question.run();
    }
    return promise.future();
  }

  /** Lets the {@code i}-th step that waits happen. */
  void step(int i) {
    questions.remove(i).run();
  }

  void stepAll() {
    while (!questions.isEmpty()) {
      step(0);
    }
  }
}
