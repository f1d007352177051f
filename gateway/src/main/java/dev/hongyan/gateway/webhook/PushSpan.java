package dev.hongyan.gateway.webhook;

import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.tracing.Kind;
import dev.hongyan.observability.tracing.Span;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.router.spool.Intake;
import dev.hongyan.wechat.push.DecodedPush;
import org.jspecify.annotations.Nullable;

/** What a trace says of a push: from the beginning of the request until it is durable. */
final class PushSpan {
  private final Tracing tracing;
  private final Span span;
  private final PushTarget target;
  private final DecodedPush push;
  private final long id;

  private PushSpan(Tracing tracing, Span span, PushTarget target, DecodedPush push, long id) {
    this.tracing = tracing;
    this.span = span;
    this.target = target;
    this.push = push;
    this.id = id;
  }

  /**
   * The step of a push that was understood; null when nothing is traced.
   *
   * @param id the message's
   * @param header {@code traceparent} of the request
   */
  static @Nullable Span begin(
      Tracing tracing,
      OpenRequest request,
      PushTarget target,
      DecodedPush push,
      long id,
      @Nullable String header) {
    Span span = tracing.begin(header);
    if (span != null) {
      request.span = new PushSpan(tracing, span, target, push, id);
    }
    return span;
  }

  /** It is durable. */
  static void taken(OpenRequest request, Intake.Taken taken) {
    PushSpan own = request.span;
    if (own != null) {
      own.end(request, taken == Intake.Taken.NEW ? null : taken, null);
    }
  }

  /** It is not, and WeChat will come again. */
  static void failed(OpenRequest request, Throwable why) {
    PushSpan own = request.span;
    if (own != null) {
      own.end(request, null, ProblemException.of(why).code());
    }
  }

  private void end(OpenRequest request, Intake.@Nullable Taken taken, @Nullable String error) {
    request.span = null;
    if (!tracing.wants(span, error == null)) {
      return;
    }
    String topic = push.topic();
    String authorizer = request.authorizer;
    tracing.end(
        span,
        Kind.SERVER,
        name(topic),
        request.startedNanos,
        error,
        "wx.appid",
        authorizer == null ? target.account().appId() : authorizer,
        "wx.event_type",
        type(topic),
        "wx.msg_id",
        push.messageId(),
        "hongyan.tenant",
        target.tenant().id(),
        "hongyan.account",
        target.account().id(),
        "hongyan.topic",
        topic,
        "hongyan.message.id",
        Long.toString(id),
        "hongyan.taken",
        taken == null ? null : taken == Intake.Taken.SPOOLED ? "spooled" : "duplicate");
  }

  /** {@code wx.mp.message.receive} of {@code wx.mp.message.text}: few names, whatever is pushed. */
  static String name(String topic) {
    return topic.substring(0, word(topic, 3)) + ".receive";
  }

  /** The word behind that, {@code text}; null when there is none. */
  static @Nullable String type(String topic) {
    int from = word(topic, 3) + 1;
    return from > topic.length() ? null : topic.substring(from, word(topic, 4));
  }

  /** Where that many words of a topic end. */
  private static int word(String topic, int words) {
    int at = -1;
    for (int i = 0; i < words; i++) {
      at = topic.indexOf('.', at + 1);
      if (at < 0) {
        return topic.length();
      }
    }
    return at;
  }
}
