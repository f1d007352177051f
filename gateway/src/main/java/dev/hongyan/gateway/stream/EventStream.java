package dev.hongyan.gateway.stream;

import dev.hongyan.gateway.http.RequestIds;
import dev.hongyan.gateway.http.SecurityHeaders;
import dev.hongyan.gateway.session.DirectSession;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.log.LogEntry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A session as Server-Sent Events. The answer's head is held back until it is known that there is
 * something to read, so that a refusal is an ordinary problem document. A client that reads slowly
 * fills the socket's queue and then walks the log; nothing else gathers here.
 */
final class EventStream implements DirectSession.Outlet {
  /** Gathers at most so much before it is written; the socket's queue takes as much again. */
  static final int WRITE_BYTES = 32 * 1024;

  private static final String RETRY = "retry: 1000\n\n";

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final String requestId;
  private final Runnable stillAdmitted;
  private @Nullable DirectSession session;
  private @Nullable Buffer out;
  private boolean begun;
  private boolean over;

  /**
   * @param stillAdmitted looks now and then whether the caller's key is still good
   */
  EventStream(HttpServerRequest request, String requestId, Runnable stillAdmitted) {
    this.request = request;
    this.response = request.response();
    this.requestId = requestId;
    this.stillAdmitted = stillAdmitted;
  }

  void of(DirectSession direct) {
    session = direct;
    response.drainHandler(drained -> direct.writable());
  }

  @Override
  public void control(byte[] line) {
    if (over) {
      return;
    }
    if (!begun) {
      begin();
    }
    Buffer bytes = Buffer.buffer(line);
    JsonObject said = new JsonObject(bytes);
    String op = said.getString("op");
    String place =
        switch (op) {
          case "subscribed" -> said.getString("cursor");
          case "gap" -> said.getString("to");
          default -> null;
        };
    Buffer to = out();
    if (place != null) {
      to.appendString("id: ").appendString(place).appendString("\n");
    }
    to.appendString("event: ").appendString(op).appendString("\ndata: ");
    to.appendBuffer(bytes).appendString("\n\n");
  }

  @Override
  public void messages(List<LogEntry> entries) {
    if (over) {
      return;
    }
    Buffer to = out();
    for (int i = 0; i < entries.size(); i++) {
      LogEntry entry = entries.get(i);
      to.appendString("id: ").appendString(entry.epoch()).appendString(":");
      to.appendString(Long.toString(entry.seq())).appendString("\nevent: msg\ndata: ");
      to.appendBytes(entry.line()).appendString("\n\n");
    }
  }

  @Override
  public void flush() {
    Buffer now = out;
    out = null;
    if (now != null && !over) {
      var unused = response.write(now);
    }
  }

  @Override
  public boolean isWritable() {
    return !over && !response.writeQueueFull();
  }

  /**
   * A comment, and how far was looked: a client that comes back from there does not look again at
   * what was not for it.
   */
  @Override
  public void ping() {
    stillAdmitted.run();
    DirectSession direct = session;
    if (begun && direct != null && isWritable()) {
      String seen = direct.seen().toString();
      var unused = response.write(": beat\nid: " + seen + "\n\n");
    }
  }

  @Override
  public void ended(@Nullable Problem problem, String reason) {
    if (over) {
      return;
    }
    over = true;
    Problem why = problem == null ? Problem.DRAINING : problem;
    if (!begun) {
      StreamDoor.refuse(response, why.because(reason), requestId);
      return;
    }
    JsonObject error =
        new JsonObject()
            .put("op", "error")
            .put("code", why.code())
            .put("message", reason)
            .put("retry", why.retry().name().toLowerCase(Locale.ROOT));
    var ending = response.end("event: error\ndata: " + error.encode() + "\n\n");
    if (why == Problem.DRAINING) {
      ending.onComplete(done -> request.connection().close().onFailure(gone -> {}));
    }
  }

  private void begin() {
    begun = true;
    SecurityHeaders.ofData(response);
    response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream")
        .putHeader("x-accel-buffering", "no") // some proxies gather an answer otherwise
        .putHeader(RequestIds.HEADER, requestId);
    out().appendString(RETRY);
  }

  private Buffer out() {
    Buffer to = out;
    if (to == null) {
      to = Buffer.buffer(1024);
      out = to;
    }
    return to;
  }
}
