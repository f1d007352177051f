package dev.hongyan.gateway.webhook;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.http.RequestIds;
import dev.hongyan.gateway.reply.Question;
import dev.hongyan.gateway.reply.ReplyDesk;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Stopwatch;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.observability.tracing.Tracing;
import dev.hongyan.observability.usage.Meter;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.spool.Intake;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.DecodedPush;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.PushDecoder;
import dev.hongyan.wechat.push.PushOutcome;
import dev.hongyan.wechat.push.PushQuery;
import dev.hongyan.wechat.push.Stage;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET|POST /wx/{tenant}/{account}[/authorizers/{appid}]}: WeChat's URL verification and
 * pushes. A push is answered {@code success} when it is durable: in the tenant's log, also when it
 * was there before, or in the spool; 503 when neither takes it, and then WeChat repeats it. Where a
 * route wants to answer the user, the answer is waited for by the {@link ReplyDesk}. Every refusal
 * looks the same from outside: 403 and one constant word, after the whole request was read.
 *
 * <p>Sits on the server's request without a router, because this is the hot path. For one event
 * loop: make one per verticle, on its context.
 */
public final class WebhookDoor implements GatewayVerticle.Door, AutoCloseable {
  /** What the path of every request for this door begins with. */
  public static final String PREFIX = "/wx/";

  /** Largest body; WeChat's own pushes are a few KiB, compatible mode triples them. */
  public static final int BODY_BYTES_MAX = 512 * 1024;

  /** How long a body may take from the request's beginning; WeChat gives up after as long. */
  public static final Duration BODY_WITHIN = Duration.ofSeconds(5);

  private static final Duration SWEEP_EVERY = Duration.ofMillis(250);

  /** What is read and thrown away of a body that is refused, so that its sender sees the answer. */
  private static final long DISCARDED_BYTES_MAX = 8L << 20;

  private static final int SUBJECT_CHARS_MAX = 256;
  private static final String AUTHORIZERS = "/authorizers/";
  private static final int APPID_CHARS_MAX = 64;

  private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain");
  private static final CharSequence XML = HttpHeaders.createOptimized(BodyFormat.XML.contentType());
  private static final CharSequence JSON =
      HttpHeaders.createOptimized(BodyFormat.JSON.contentType());
  private static final CharSequence NOSNIFF_NAME =
      HttpHeaders.createOptimized("x-content-type-options");
  private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
  private static final CharSequence TRACEPARENT = HttpHeaders.createOptimized("traceparent");
  private static final Buffer SUCCESS = Buffer.buffer("success");
  private static final Buffer REFUSED = Buffer.buffer("refused");
  private static final Buffer UNAVAILABLE = Buffer.buffer("unavailable");

  private final PushTargets targets;
  private final Intake intake;
  private final ReplayMemory memory;
  private final EnvelopeWriter envelopes;
  private final LongSupplier ids;
  private final Clock clock;
  private final Metrics metrics;
  private final ReplyDesk replies;
  private final Tracing tracing;
  private final PushDecoder decoder = new PushDecoder();
  private final OpenRequests open = new OpenRequests();
  private final RefusalLog refusals;
  private final Tally duplicates;
  private final Tally otherReceivers;
  private final Stopwatch ok;
  private final Stopwatch held;
  private final Stopwatch refused;
  private final Stopwatch failed;
  private final Timers.Cancellable sweep;

  /** Bodies are judged one at a time, so all of them can pass through the same array. */
  private byte[] scratch = new byte[16 * 1024];

  /**
   * @param intake this event loop's
   * @param memory the process's
   * @param envelopes this event loop's
   * @param ids Snowflake ids of the node
   * @param timers of this event loop
   * @param replies this event loop's
   */
  public WebhookDoor(
      TenantDirectory directory,
      Intake intake,
      ReplayMemory memory,
      EnvelopeWriter envelopes,
      LongSupplier ids,
      Metrics metrics,
      Clock clock,
      Timers timers,
      ReplyDesk replies,
      Tracing tracing) {
    this.replies = replies;
    this.tracing = tracing;
    this.targets = new PushTargets(directory, metrics);
    this.intake = intake;
    this.memory = memory;
    this.envelopes = envelopes;
    this.ids = ids;
    this.clock = clock;
    this.metrics = metrics;
    this.refusals = new RefusalLog(clock);
    this.duplicates = metrics.tally(Series.PUSHES_DUPLICATE);
    this.otherReceivers = metrics.tally(Series.PUSHES_OTHER_RECEIVER);
    this.ok = metrics.stopwatch(Series.API_LATENCY, "webhook", "ok");
    this.held = metrics.stopwatch(Series.API_LATENCY, "webhook", "held");
    this.refused = metrics.stopwatch(Series.API_LATENCY, "webhook", "refused");
    this.failed = metrics.stopwatch(Series.API_LATENCY, "webhook", "failed");
    this.sweep = timers.every(SWEEP_EVERY, this::endSlowBodies);
  }

  @Override
  public void close() {
    sweep.cancel();
  }

  @Override
  public boolean takes(String path) {
    return path.startsWith(PREFIX);
  }

  @Override
  public void handle(HttpServerRequest http) {
    OpenRequest request = begin(http);
    open.add(request);
    http.exceptionHandler(gone -> open.remove(request))
        .handler(chunk -> receive(request, chunk))
        .endHandler(end -> complete(request));
    String length = http.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null && isOverLimit(length)) {
      refuse(request, Stage.SIZE.code());
    }
  }

  private OpenRequest begin(HttpServerRequest http) {
    HttpMethod method = http.method();
    String path = http.path();
    String authorizer = null;
    int third = path == null ? -1 : path.indexOf(AUTHORIZERS, PREFIX.length());
    if (path != null && third > 0) {
      authorizer = path.substring(third + AUTHORIZERS.length());
      path = path.substring(0, third);
    }
    PushTarget target = null;
    String refusal = null;
    if (method != HttpMethod.POST && method != HttpMethod.GET) {
      refusal = Stage.METHOD.code();
    } else if (path == null || (authorizer != null && !isAppId(authorizer))) {
      refusal = Reason.PATH.code();
    } else {
      target = targets.find(path);
      if (target == null) {
        refusal = targets.reason().code();
      } else if (authorizer != null && target.ofAuthorizers() == null) {
        target = null;
        refusal = Reason.PATH.code();
      }
    }
    return new OpenRequest(http, clock.nanos(), target, refusal, authorizer);
  }

  private void receive(OpenRequest request, Buffer chunk) {
    request.received += chunk.length();
    if (request.answered) {
      if (request.received > DISCARDED_BYTES_MAX) {
        open.remove(request);
        hangUp(request);
      }
    } else if (request.received > BODY_BYTES_MAX) {
      refuse(request, Stage.SIZE.code());
    } else if (request.target != null) {
      if (open.reserve(chunk.length())) {
        request.keep(chunk);
      } else {
        unavailable(
            request, request.target, Problem.OVERLOADED.because("too many bodies are under way"));
      }
    }
  }

  private void complete(OpenRequest request) {
    open.remove(request);
    if (request.answered) {
      return;
    }
    PushTarget target = request.target;
    if (target == null || request.refusal != null) {
      refuse(request, request.refusal == null ? Reason.PATH.code() : request.refusal);
      return;
    }
    try {
      judge(request, target);
    } catch (RuntimeException bug) {
      unavailable(request, target, bug);
    }
  }

  private void judge(OpenRequest request, PushTarget target) {
    PushAccount account = request.authorizer == null ? target.own() : authorizers(target);
    PushQuery query = PushQuery.parse(request.http.query());
    long nowSeconds = clock.wallMillis() / 1000;
    PushOutcome outcome;
    if (request.http.method() == HttpMethod.GET) {
      outcome = decoder.verifyUrl(account, query, nowSeconds);
    } else {
      Buffer body = request.takeBody();
      int length = body == null ? 0 : body.length();
      if (body != null) {
        if (scratch.length < length) {
          scratch = new byte[Math.max(length, scratch.length * 2)];
        }
        body.getBytes(scratch);
      }
      outcome = decoder.decode(account, query, scratch, 0, length, nowSeconds);
    }
    if (outcome instanceof PushOutcome.Accepted accepted) {
      accept(request, target, accepted.push());
    } else if (outcome instanceof PushOutcome.Echo echo) {
      request.http.response().putHeader(NOSNIFF_NAME, NOSNIFF);
      answer(request, 200, Buffer.buffer(echo.body()), ok);
    } else if (outcome instanceof PushOutcome.Refused no) {
      refuse(request, no.stage().code());
    }
  }

  private static PushAccount authorizers(PushTarget target) {
    PushAccount account = target.ofAuthorizers();
    if (account == null) {
      throw new IllegalStateException("not a component");
    }
    return account;
  }

  private void accept(OpenRequest request, PushTarget target, DecodedPush push) {
    boolean mayWait =
        push.subject() != null
            && !target.tenant().frozen() // nobody gets to see it now, so nobody will answer
            && target.replies().mayWait(push.topic());
    boolean plain = !push.replyContext().encrypted();
    if (plain && !mayWait && memory.contains(request.http.path(), push.signature())) {
      duplicates.add();
      answer(request, 200, SUCCESS, ok);
      return;
    }
    watchReceiver(target, push);
    NewMessage message = message(request, target, push);
    if (message.event().length > LogAppender.MAX_EVENT_BYTES) {
      refuse(request, Stage.SIZE.code());
      return;
    }
    int windows = mayWait ? target.replies().windows(entry(message)) : 0;
    if (windows > 0) {
      hold(request, target, push, message, windows);
      return;
    }
    intake
        .take(message)
        .onComplete(
            taken -> {
              if (plain) {
                memory.remember(request.http.path(), push.signature());
              }
              count(request, target, taken, message.event().length);
              answer(request, 200, SUCCESS, ok);
            },
            failure -> unavailable(request, target, failure));
  }

  /** A route wants to answer this one, so it waits once it is durable. */
  private void hold(
      OpenRequest request, PushTarget target, DecodedPush push, NewMessage message, int windows) {
    EntryHeader header = message.header();
    String authorizer = request.authorizer;
    String openid = header.subject();
    String dedupeKey = message.dedupeKey();
    if (openid == null || dedupeKey == null) {
      throw new IllegalStateException("a push of nobody");
    }
    ReplyDesk.Held waiting =
        replies.hold(
            new Question(
                message.tenant(),
                header.id(),
                header.topic(),
                target.account().id(),
                authorizer == null ? target.account().appId() : authorizer,
                openid,
                header.timeMillis(),
                windows),
            new HeldPush(this, request, target, push.replyContext()),
            request.startedNanos);
    HttpServerResponse response = request.http.response();
    response.closeHandler(closed -> waiting.gone());
    request.http.exceptionHandler(gone -> waiting.gone());
    intake
        .take(message)
        .onComplete(
            taken -> {
              count(request, target, taken, message.event().length);
              waiting.taken(taken, dedupeKey);
            },
            waiting::failed);
  }

  private static LogEntry entry(NewMessage message) {
    return new LogEntry(message.tenant(), "", 0, message.header(), message.event());
  }

  Future<Void> answerHeld(OpenRequest request, Buffer document, BodyFormat format) {
    HttpServerResponse response = request.http.response();
    if (response.ended() || response.closed()) {
      return Future.failedFuture("the connection has gone");
    }
    request.answered = true;
    held.record(clock.nanos() - request.startedNanos);
    return response
        .setStatusCode(200)
        .putHeader(HttpHeaders.CONTENT_TYPE, format == BodyFormat.XML ? XML : JSON)
        .end(document);
  }

  void succeedHeld(OpenRequest request) {
    answer(request, 200, SUCCESS, held);
  }

  private NewMessage message(OpenRequest request, PushTarget target, DecodedPush push) {
    String tenant = target.tenant().id();
    String account = target.account().id();
    String authorizer = request.authorizer;
    String subject = orderedBy(push.subject());
    long id = ids.getAsLong();
    long now = clock.wallMillis();
    String trace = request.http.getHeader(TRACEPARENT);
    byte[] event =
        envelopes.write(
            new Envelope(
                id,
                tenant,
                account,
                push.topic(),
                subject,
                now,
                authorizer == null ? target.account().appId() : authorizer,
                push.messageId(),
                trace),
            push.data(),
            PushSpan.begin(tracing, request, target, push, id, trace));
    return new NewMessage(
        tenant,
        new EntryHeader(
            id, push.topic(), subject, now, target.deadlineMillis(push.topic(), push.data(), now)),
        account,
        // The authorizers of a component share an account here, but not their message ids.
        authorizer == null ? push.dedupeKey() : authorizer + '.' + push.dedupeKey(),
        event);
  }

  /** The message is durable. */
  private void count(OpenRequest request, PushTarget target, Intake.Taken taken, int bytes) {
    PushSpan.taken(request, taken);
    if (taken == Intake.Taken.DUPLICATE) {
      duplicates.add();
    } else {
      target.accepted().add();
      Meter meter = metrics.usage().of(target.tenant().id());
      meter.add(Used.PUSHES);
      meter.add(Used.PUSH_BYTES, bytes);
    }
  }

  /** A push that was meant for another account shows here; a component's are for many. */
  private void watchReceiver(PushTarget target, DecodedPush push) {
    String receiver = push.toUserName();
    if (receiver != null
        && target.own().product() != Product.OPEN
        && !target.isReceiver(receiver)) {
      otherReceivers.add();
      refusals.otherReceiver(target);
    }
  }

  /** The subject, unless it is nothing that order could be kept by. */
  private static @Nullable String orderedBy(@Nullable String subject) {
    if (subject == null || subject.length() > SUBJECT_CHARS_MAX) {
      return null;
    }
    for (int i = 0; i < subject.length(); i++) {
      if (Character.isISOControl(subject.charAt(i))) {
        return null;
      }
    }
    return subject;
  }

  private void refuse(OpenRequest request, String code) {
    metrics.count(Series.PUSHES_REFUSED, code);
    refusals.refused(code, request.target, RequestIds.given(request.http));
    answer(request, 403, REFUSED, refused);
  }

  void unavailable(OpenRequest request, PushTarget target, Throwable failure) {
    if (ProblemException.of(failure) == Problem.TOO_LARGE) {
      refuse(request, Stage.SIZE.code());
      return;
    }
    PushSpan.failed(request, failure);
    refusals.failed(target, failure);
    answer(request, 503, UNAVAILABLE, failed);
  }

  private void answer(OpenRequest request, int status, Buffer body, Stopwatch outcome) {
    request.answered = true;
    Buffer unused = request.takeBody();
    open.release(request);
    outcome.record(clock.nanos() - request.startedNanos);
    HttpServerResponse response = request.http.response();
    if (!response.ended() && !response.closed()) {
      response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, TEXT).end(body);
    }
  }

  private void endSlowBodies() {
    open.expire(
        clock.nanos() - BODY_WITHIN.toNanos(),
        request -> {
          if (!request.answered) {
            refuse(request, Reason.SLOW.code());
          }
          hangUp(request);
        });
  }

  /** Ends the connection once what was answered is on its way. */
  static void hangUp(OpenRequest request) {
    var unused = request.http.connection().close();
  }

  private static boolean isOverLimit(String contentLength) {
    int digits = contentLength.length();
    if (digits > 9) {
      return true;
    }
    int value = 0;
    for (int i = 0; i < digits; i++) {
      value = value * 10 + (contentLength.charAt(i) - '0');
    }
    return value > BODY_BYTES_MAX;
  }

  private static boolean isAppId(String text) {
    int length = text.length();
    if (length == 0 || length > APPID_CHARS_MAX) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')) {
        return false;
      }
    }
    return true;
  }
}
