package dev.hongyan.gateway.reply;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.router.log.LogTimes;
import dev.hongyan.tenant.Tenant;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The way in for the answers of WebSocket clients. For one event loop. */
public final class ClientAnswers {
  private static final int TENANTS_REMEMBERED = 1_000;
  private static final int ID_DIGITS_MAX = 19;

  private final Replies replies;
  private final EventFinder events;
  private final Map<String, Routes> routes =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Routes> eldest) {
          return size() > TENANTS_REMEMBERED;
        }
      };

  private record Routes(Tenant of, ReplyRoutes routes) {}

  /** {@code log} and {@code times} are this loop's. */
  public ClientAnswers(Replies replies, LogStore log, LogTimes times) {
    this.replies = replies;
    this.events = new EventFinder(log, times);
  }

  /**
   * Gives an answer. Fails with {@link Problem#NOT_FOUND} when nothing waited for an answer to this
   * event, {@link Problem#FORBIDDEN} when the client may not see it, {@link Problem#BAD_REQUEST}
   * when the message is none, {@link Problem#STORE_UNAVAILABLE} or {@link Problem#OVERLOADED}.
   *
   * @param event its id
   * @param message {@code {"type":"text","content":"…"}} and the like
   * @param maySee whether messages of a topic are for the client
   * @return when it is known how it went, some seconds after WeChat's last try at the latest
   */
  public Future<How> answer(
      String tenant, String event, JsonNode message, Predicate<String> maySee) {
    long id = id(event);
    long age = replies.parts().clock().wallMillis() - Snowflake.millisOf(id);
    if (id <= 0 || age > Replies.ANSWERABLE.toMillis()) {
      return Future.failedFuture(notRepliable());
    }
    Question known = replies.question(tenant, id);
    Future<Question> question =
        known != null
            ? Future.succeededFuture(known)
            : events.find(tenant, id).map(entry -> question(tenant, entry));
    return question.compose(
        q ->
            maySee.test(q.topic())
                ? replies.answer(q, message)
                : Future.failedFuture(
                    Problem.FORBIDDEN.because("the token does not grant " + q.topic())));
  }

  private Question question(String tenant, @Nullable LogEntry entry) {
    Tenant now = replies.parts().tenants().find(tenant);
    int windows = entry == null || now == null ? 0 : routes(now).windows(entry);
    Question question = entry == null || windows == 0 ? null : Question.of(entry, windows);
    if (question == null) {
      throw notRepliable();
    }
    return question;
  }

  private ReplyRoutes routes(Tenant tenant) {
    Routes known = routes.get(tenant.id());
    if (known == null || known.of != tenant) {
      known = new Routes(tenant, new ReplyRoutes(tenant));
      routes.put(tenant.id(), known);
    }
    return known.routes;
  }

  private static ProblemException notRepliable() {
    return Problem.NOT_FOUND.because("nothing waits for a reply to this");
  }

  private static long id(String text) {
    try {
      return text.length() > ID_DIGITS_MAX ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
