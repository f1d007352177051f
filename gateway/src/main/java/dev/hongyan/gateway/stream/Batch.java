package dev.hongyan.gateway.stream;

import dev.hongyan.gateway.http.RequestIds;
import dev.hongyan.gateway.http.SecurityHeaders;
import dev.hongyan.gateway.session.DirectSession;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.log.LogEntry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A session as one answer: what is there at once, or the first that comes, or nothing when the time
 * is up.
 */
final class Batch implements DirectSession.Outlet {
  /** How long a batch that has something may go on filling from a long backlog. */
  private static final Duration FILLING = Duration.ofMillis(25);

  /** When the time is up and the reader is still on its way, it is asked again so soon. */
  private static final Duration AGAIN = Duration.ofMillis(10);

  /** And so often; a way through many messages for others is gone on with in the next poll. */
  private static final int AGAIN_MOST = 100;

  private final HttpServerResponse response;
  private final String requestId;
  private final Timers timers;
  private final Executor endOfTick;
  private final Ask ask;
  private final List<LogEntry> items = new ArrayList<>();
  private final JsonArray gaps = new JsonArray();
  private @Nullable DirectSession session;
  private @Nullable String verdict;
  private @Nullable Cursor seen;
  private Timers.Cancellable timer = () -> {};
  private boolean filling;
  private boolean finishing;
  private boolean over;
  private int asked;

  Batch(HttpServerResponse response, String requestId, Timers timers, Executor endOfTick, Ask ask) {
    this.response = response;
    this.requestId = requestId;
    this.timers = timers;
    this.endOfTick = endOfTick;
    this.ask = ask;
  }

  void of(DirectSession direct) {
    session = direct;
    timer = timers.after(ask.patience(), this::timeIsUp);
  }

  /** The client has gone. */
  void gone() {
    over = true;
    timer.cancel();
  }

  @Override
  public void control(byte[] line) {
    JsonObject said = new JsonObject(Buffer.buffer(line));
    switch (said.getString("op")) {
      case "subscribed" -> {
        verdict = said.getString("verdict");
        if (said.getJsonObject("gap") != null) {
          gaps.add(said.getJsonObject("gap"));
        }
      }
      case "gap" ->
          gaps.add(
              new JsonObject()
                  .put("from", said.getString("from"))
                  .put("to", said.getString("to"))
                  .put("reason", said.getString("reason")));
      default -> {} // that a token ends soon is not for one answer
    }
  }

  @Override
  public void messages(List<LogEntry> entries) {
    items.addAll(entries);
  }

  @Override
  public void flush() {
    DirectSession direct = session;
    if (items.isEmpty() || finishing || over || direct == null) {
      return;
    }
    if (items.size() >= ask.max() || direct.isCaughtUp()) {
      finish();
    } else if (!filling) {
      filling = true;
      timer.cancel();
      timer = timers.after(FILLING, this::finish);
    }
  }

  @Override
  public boolean isWritable() {
    return !over && !finishing;
  }

  @Override
  public void ping() {}

  private void timeIsUp() {
    DirectSession direct = session;
    if (direct == null || finishing || over) {
      return;
    }
    boolean onItsWay = verdict == null || !direct.isCaughtUp();
    if (onItsWay && asked++ < AGAIN_MOST) {
      timer = timers.after(AGAIN, this::timeIsUp);
    } else if (verdict == null) {
      direct.end(Problem.STORE_UNAVAILABLE, "the store has not answered in time");
    } else {
      finish();
    }
  }

  /** Not within a flush: what this tick still says belongs to the answer. */
  private void finish() {
    if (!finishing) {
      finishing = true;
      endOfTick.execute(
          () -> {
            DirectSession direct = session;
            if (direct != null && !over) {
              seen = direct.seen();
              direct.end();
            }
          });
    }
  }

  @Override
  public void ended(@Nullable Problem problem, String reason) {
    if (over) {
      return;
    }
    timer.cancel();
    over = true;
    boolean answers = problem == null || (problem == Problem.DRAINING && verdict != null);
    DirectSession direct = session;
    if (!answers || direct == null) {
      StreamDoor.refuse(
          response,
          (problem == null ? Problem.STORE_UNAVAILABLE : problem).because(reason),
          requestId);
      return;
    }
    SecurityHeaders.ofData(response);
    var unused =
        response
            .putHeader("content-type", "application/json")
            .putHeader(RequestIds.HEADER, requestId)
            .end(body(seen == null ? direct.seen() : seen));
  }

  /** The items are the bytes that every receiver gets. */
  private Buffer body(Cursor at) {
    int bytes = 256;
    for (LogEntry item : items) {
      bytes += item.line().length + 1;
    }
    Buffer to = Buffer.buffer(bytes);
    to.appendString("{\"cursor\":\"").appendString(at.toString());
    to.appendString("\",\"verdict\":\"").appendString(String.valueOf(verdict)).appendString("\"");
    if (!gaps.isEmpty()) {
      to.appendString(",\"gaps\":").appendBuffer(gaps.toBuffer());
    }
    to.appendString(",\"items\":[");
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        to.appendString(",");
      }
      to.appendBytes(items.get(i).line());
    }
    return to.appendString("]}");
  }
}
