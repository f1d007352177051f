package dev.hongyan.router.plan;

import dev.hongyan.router.consume.Sink;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Route;
import io.vertx.core.Future;

/** A destination's sink for a reply route: what it says may be an answer. */
final class AnsweringSink implements Sink {
  private final Sink to;
  private final Route route;
  private final Answers answers;

  AnsweringSink(Sink to, Route route, Answers answers) {
    this.to = to;
    this.route = route;
    this.answers = answers;
  }

  @Override
  public boolean isOpen(long nowMillis) {
    return to.isOpen(nowMillis);
  }

  @Override
  public long opensAtMillis() {
    return to.opensAtMillis();
  }

  @Override
  public void awaitChange(Runnable wake) {
    to.awaitChange(wake);
  }

  @Override
  public Sink forReplay() {
    return to;
  }

  @Override
  public Future<Result> deliver(LogEntry entry, int attempt, long deadlineMillis) {
    return to.deliver(entry, attempt, deadlineMillis)
        .onSuccess(
            result -> {
              if (result.fate() == Fate.DELIVERED) {
                answers.answered(route, entry, result.answer());
              }
            });
  }
}
