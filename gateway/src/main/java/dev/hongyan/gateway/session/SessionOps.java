package dev.hongyan.gateway.session;

import static dev.hongyan.gateway.session.Fields.number;
import static dev.hongyan.gateway.session.Fields.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hongyan.gateway.publish.Publisher;
import dev.hongyan.gateway.publish.Publishing;
import dev.hongyan.gateway.publish.Timing;
import dev.hongyan.gateway.session.ClientError.Code;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.shared.MemberId;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.TenantContext;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session does with each op of the protocol (its section 2). Bad fields are told and change
 * nothing.
 */
final class SessionOps {
  private static final int ACK_TIMEOUT_MILLIS = 30_000;

  private final Session session;
  private final Hub hub;
  private final AckOps acks;
  private final ReplyOps replies;

  SessionOps(Session session, Hub hub) {
    this.session = session;
    this.hub = hub;
    this.acks = new AckOps(session, hub);
    this.replies = new ReplyOps(session, hub);
  }

  void handle(ClientOp op) {
    if (session.state() == Session.State.AWAITING_HELLO) {
      if (op.op().equals("hello") && !op.isPlainAck()) {
        hello(op.fields());
      } else {
        session.close(Problem.UNAUTHENTICATED, "hello comes first");
      }
      return;
    }
    if (op.isPlainAck()) {
      acks.ack(op.sub(), op.cursor());
      return;
    }
    JsonNode f = op.fields();
    switch (op.op()) {
      case "ack" -> acks.ack(f);
      case "nack" -> acks.nack(f);
      case "extend" -> acks.extend(f);
      case "term" -> acks.term(f);
      case "beat" -> beat(f);
      case "subscribe" -> subscribe(f);
      case "unsubscribe" -> unsubscribe(f);
      case "publish" -> publish(f);
      case "auth" -> auth(f);
      case "reply" -> replies.reply(f);
      case "hello" -> session.refuse(ClientError.of(Code.BAD_FIELD, "hello was said already"));
      default -> session.refuse(ClientError.of(Code.UNKNOWN_OP, "no such op"));
    }
  }

  // ---- hello, auth ----

  private void hello(JsonNode f) {
    String given = f.hasNonNull("token") ? f.get("token").asText() : null;
    String atHandshake = session.takeHandshakeToken();
    String token = given != null ? given : atHandshake;
    String client = text(f, "client");
    if (client == null || !Fields.isName(client)) {
      session.close(
          Problem.BAD_REQUEST,
          "hello needs a client of 1 to " + Fields.NAME_MAX + " printable characters");
      return;
    }
    if (token == null) {
      session.close(Problem.UNAUTHENTICATED, "a token is needed");
      return;
    }
    session.checking(); // what comes meanwhile waits
    hub.check(token, session.remote())
        .onComplete(who -> greet(f, client, who), failure -> refused(failure));
  }

  private void refused(Throwable failure) {
    Problem problem = ProblemException.of(failure);
    session.close(
        problem,
        problem.retry() == Problem.Retry.LATER
            ? "retryAfterMs=5000"
            : String.valueOf(failure.getMessage()));
  }

  private void greet(JsonNode f, String client, Caller.Client who) {
    if (session.state() != Session.State.GREETING) {
      return;
    }
    try {
      var unused = TenantContext.resolve(null, session.headerTenant(), who, session.id(), null);
    } catch (ProblemException e) {
      session.close(Problem.TENANT_MISMATCH, "header and token name different tenants");
      return;
    }
    if (!hub.isServed(who.tenant())) {
      session.close(Problem.NO_SUCH_TENANT, "no such tenant");
      return;
    }
    try {
      session.admission.begin(hub.quotas(), who.tenant());
    } catch (ProblemException e) {
      session.close(e.problem(), "retryAfterMs=" + e.retryAfterMillis());
      return;
    }
    session.greeting(who, client);
    hub.greet(session)
        .onComplete(
            generation -> {
              if (session.state() != Session.State.GREETING) {
                return;
              }
              ObjectNode welcome = Lines.op("welcome");
              welcome.put("session", session.id());
              welcome.put("generation", generation);
              welcome.put("node", hub.node());
              welcome.put("now", hub.clock().wallMillis());
              welcome.put("beatMs", hub.limits().beat().toMillis());
              welcome.put("pingMs", hub.limits().ping().toMillis());
              welcome.put("deadMs", hub.limits().dead().toMillis());
              welcome.put("maxFrame", hub.limits().clientFrameBytes());
              session.say(Lines.bytes(welcome));
              JsonNode first = f.get("subscribe");
              if (first != null && first.isArray()) {
                first.forEach(this::subscribe);
              } else if (first != null && !first.isNull()) {
                session.refuse(ClientError.of(Code.BAD_FIELD, "subscribe is a list"));
              }
              session.greeted();
            },
            e -> session.close(Problem.STORE_UNAVAILABLE, "retryAfterMs=1000"));
  }

  private void auth(JsonNode f) {
    String token = text(f, "token");
    hub.check(token == null ? "" : token, session.remote())
        .onComplete(
            this::renew,
            failure ->
                session.refuse(ClientError.of(Code.TOKEN_MISMATCH, "the token is not valid")));
  }

  private void renew(Caller.Client who) {
    if (session.state() != Session.State.OPEN) {
      return; // it ended while the keys were fetched
    }
    if (who.tenant().equals(session.tenant()) && who.subject().equals(session.caller().subject())) {
      session.renew(who);
    } else {
      session.refuse(
          ClientError.of(Code.TOKEN_MISMATCH, "the token is of another tenant or subject"));
    }
  }

  // ---- subscriptions ----

  private void subscribe(JsonNode f) {
    String name = text(f, "sub");
    if (name == null || !Fields.isName(name)) {
      session.refuse(
          ClientError.of(
              Code.BAD_FIELD,
              "sub is a name of 1 to " + Fields.NAME_MAX + " printable characters"));
      return;
    }
    Mode mode = Mode.of(f.path("mode").asText(""));
    if (mode == null) {
      session.refuse(ClientError.ofSub(Code.BAD_FIELD, "mode is live, durable or shared", name));
      return;
    }
    List<TopicPattern> patterns = patterns(f.get("topics"), name);
    if (patterns == null) {
      return;
    }
    if (mode != Mode.LIVE) {
      patterns = withRouted(patterns, name);
    }
    SessionLimits limits = hub.limits();
    int window = number(f, "window", limits.windowMessages(), 1, limits.windowMessagesMax());
    int windowBytes = number(f, "windowBytes", limits.windowBytes(), 1, limits.windowBytesMax());
    int ackTimeout = number(f, "ackTimeoutMs", ACK_TIMEOUT_MILLIS, 1, AckOps.WAIT_MAX_MILLIS);
    if (window < 0 || windowBytes < 0 || ackTimeout < 0) {
      session.refuse(
          ClientError.ofSub(
              Code.BAD_FIELD, "window, windowBytes and ackTimeoutMs are positive numbers", name));
      return;
    }
    JsonNode given = f.get("cursor");
    if (given != null && !given.isNull() && !given.isTextual()) {
      session.refuse(ClientError.ofSub(Code.BAD_CURSOR, "a cursor is a string", name));
      return;
    }
    StartAt at = StartAt.parse(given == null || given.isNull() ? null : given.textValue());
    if (at == null) {
      session.refuse(ClientError.ofSub(Code.BAD_CURSOR, "this cursor was never ours", name));
      return;
    }
    if (!session.subs().containsKey(name) && session.subs().size() >= limits.subscriptions()) {
      session.refuse(
          ClientError.ofSub(
              Code.TOO_MANY_SUBSCRIPTIONS,
              "at most " + limits.subscriptions() + " a connection",
              name));
      return;
    }
    Subscription sub;
    if (mode == Mode.SHARED) {
      MemberId id = hub.attachments().shared().newId();
      sub = new SharedSubscription(name, patterns, session, id, window, windowBytes, ackTimeout);
    } else {
      Window counted = mode == Mode.LIVE ? null : new Window(window, windowBytes);
      sub = new Walker(name, mode, patterns, session, counted);
    }
    hub.attachments().add(sub, at, f.path("seek").asBoolean(false));
  }

  private @Nullable List<TopicPattern> patterns(@Nullable JsonNode list, String sub) {
    if (list == null || !list.isArray() || list.isEmpty() || list.size() > hub.limits().topics()) {
      session.refuse(
          ClientError.ofSub(
              Code.BAD_FIELD,
              "topics is a list of 1 to " + hub.limits().topics() + " patterns",
              sub));
      return null;
    }
    List<TopicPattern> granted = granted(session.caller().topics());
    List<TopicPattern> out = new ArrayList<>(list.size());
    for (JsonNode item : list) {
      String problem =
          item.isTextual() ? TopicPattern.problemWith(item.textValue()) : "is not a string";
      if (problem != null) {
        session.refuse(ClientError.ofSub(Code.BAD_FIELD, "a topic pattern " + problem, sub));
        return null;
      }
      TopicPattern pattern = TopicPattern.parse(item.textValue());
      if (!TopicPattern.anyCovers(granted, pattern)) {
        session.refuse(
            ClientError.ofSub(Code.FORBIDDEN_TOPIC, "the token does not grant " + pattern, sub));
        return null;
      }
      if (!out.contains(pattern)) {
        out.add(pattern);
      }
    }
    return List.copyOf(out);
  }

  /** And what routes lead to that name, as far as the token goes. */
  private List<TopicPattern> withRouted(List<TopicPattern> own, String name) {
    List<TopicPattern> routed = hub.routed(session.caller().tenant(), name);
    if (routed.isEmpty()) {
      return own;
    }
    List<TopicPattern> granted = granted(session.caller().topics());
    List<TopicPattern> all = new ArrayList<>(own);
    for (TopicPattern pattern : routed) {
      if (!all.contains(pattern) && TopicPattern.anyCovers(granted, pattern)) {
        all.add(pattern);
      }
    }
    return List.copyOf(all);
  }

  private void unsubscribe(JsonNode f) {
    Subscription sub = session.known(text(f, "sub"));
    if (sub != null) {
      hub.attachments().remove(sub, f.path("forget").asBoolean(false));
    }
  }

  // ---- publish ----

  private void publish(JsonNode f) {
    JsonNode serial = f.get("serial");
    if (serial == null
        || !serial.isIntegralNumber()
        || !serial.canConvertToLong()
        || serial.longValue() < 0) {
      session.refuse(ClientError.of(Code.BAD_FIELD, "serial is a number that grows"));
      return;
    }
    long n = serial.longValue();
    String topic = text(f, "topic");
    String subject = text(f, "subject");
    JsonNode data = f.get("data");
    List<String> problems = new ArrayList<>(0);
    String problem = Publishing.problemWith(topic, subject, data);
    if (problem != null) {
      problems.add(problem);
    }
    Timing timing =
        Timing.read(
            f.get("delayMs"),
            null,
            f.get("ttlMs"),
            hub.clock().wallMillis(),
            (field, wrong) -> problems.add(field + " " + wrong));
    if (!problems.isEmpty() || topic == null || data == null) {
      session.refuse(ClientError.ofSerial(Code.BAD_FIELD, String.join("; ", problems), n));
      return;
    }
    if (granted(session.caller().publish()).stream().noneMatch(p -> p.matches(topic))) {
      session.refuse(
          ClientError.ofSerial(
              Code.FORBIDDEN_TOPIC, "the token does not grant publishing to " + topic, n));
      return;
    }
    hub.publish(session, n, new Publisher.Draft(topic, subject, data, timing));
  }

  // ---- beat ----

  private void beat(JsonNode f) {
    ObjectNode line = Lines.op("beat");
    if (f.path("t").isNumber()) {
      line.set("t", f.get("t"));
    }
    if (f.path("n").isNumber()) {
      line.set("n", f.get("n"));
    }
    line.put("now", hub.clock().wallMillis());
    ObjectNode heads = line.putObject("heads");
    ObjectNode behind = line.putObject("behind");
    for (Subscription sub : session.subscriptions()) {
      if (!sub.hasBegun()) {
        continue; // its place is still being asked for
      }
      if (sub.mode() != Mode.SHARED) {
        heads.put(sub.name(), sub.lastSentCursor().toString());
      }
      behind.put(sub.name(), hub.attachments().behind(sub));
    }
    session.flush(); // what is staged already is not among the heads a client may compare with
    session.say(Lines.bytes(line));
  }

  static List<TopicPattern> granted(List<String> patterns) {
    List<TopicPattern> out = new ArrayList<>(patterns.size());
    for (String p : patterns) {
      if (TopicPattern.problemWith(p) == null) {
        out.add(TopicPattern.parse(p));
      }
    }
    return out;
  }
}
