package dev.hongyan.gateway.session;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.access.Caller;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket connection: its token, its subscriptions, what it has to say this tick, and its
 * life from hello to close. Knows no socket ({@link Wire}) and no clock but its hub's. For its
 * event loop only.
 */
final class Session extends SessionWheel.Node implements SocketWire.Reader, Outbox.DeliveredCount {
  /** Answers that a client has asked for and does not read; messages wait in the log instead. */
  private static final int UNREAD_BYTES_MAX = 4 << 20;

  private final String id;
  private final Hub hub;
  private final SessionOps ops;
  private final Outbox outbox;
  private final Map<String, Subscription> subs = new LinkedHashMap<>(2);
  private final @Nullable String headerTenant;
  private final String remote;
  private final long openedAtMillis;
  private final @Nullable DirectSession direct;
  final Admission admission = new Admission();

  private State state = State.AWAITING_HELLO;
  private @Nullable Wire wire;
  private @Nullable String handshakeToken;
  private Caller.@Nullable Client caller;
  private String client = "";
  private boolean dirty;
  private boolean expiringTold;
  private long heardAtNanos;
  private byte @Nullable [] partial;
  private int partialLength;
  private @Nullable ArrayDeque<byte[]> early;

  enum State {
    AWAITING_HELLO,
    GREETING,
    OPEN,
    CLOSED
  }

  /**
   * @param handshakeToken the JWT of the handshake, if it came there
   * @param headerTenant what {@code X-Tenant-ID} said, if it was there
   */
  Session(
      String id,
      Hub hub,
      @Nullable String handshakeToken,
      @Nullable String headerTenant,
      String remote) {
    this.id = id;
    this.hub = hub;
    this.ops = new SessionOps(this, hub);
    this.outbox = new Outbox(hub.limits().serverFrameBytes());
    this.handshakeToken = handshakeToken;
    this.headerTenant = headerTenant;
    this.remote = remote;
    this.openedAtMillis = hub.clock().wallMillis();
    this.heardAtNanos = hub.clock().nanos();
    this.direct = null;
  }

  /**
   * A session whose caller is known before it begins, so that it is open at once. Nothing is heard
   * from its client: {@code direct} sees to its end.
   *
   * @param frameBytesMax what gathers before it is written
   */
  Session(
      String id,
      Hub hub,
      Caller.Client caller,
      String remote,
      int frameBytesMax,
      DirectSession direct) {
    this.id = id;
    this.hub = hub;
    this.ops = new SessionOps(this, hub);
    this.outbox = new Outbox(frameBytesMax);
    this.headerTenant = null;
    this.remote = remote;
    this.openedAtMillis = hub.clock().wallMillis();
    this.heardAtNanos = hub.clock().nanos();
    this.caller = caller;
    this.client = caller.subject();
    this.state = State.OPEN;
    this.direct = direct;
  }

  /** The socket is there; the clock for the hello runs, if there is to be one. */
  void open(Wire socket) {
    wire = socket;
    hub.wheel()
        .schedule(
            this,
            (state == State.OPEN ? hub.limits().ping() : hub.limits().helloWithin()).toMillis());
  }

  /** What this is to its door, when it has no hello and no ops; else null. */
  @Nullable DirectSession direct() {
    return direct;
  }

  String id() {
    return id;
  }

  String client() {
    return client;
  }

  String remote() {
    return remote;
  }

  long openedAtMillis() {
    return openedAtMillis;
  }

  State state() {
    return state;
  }

  Collection<Subscription> subscriptions() {
    return subs.values();
  }

  Map<String, Subscription> subs() {
    return subs;
  }

  /** The subscription of that name; when there is none the client is told. */
  @Nullable Subscription known(@Nullable String name) {
    Subscription sub = name == null ? null : subs.get(name);
    if (sub == null) {
      refuse(
          new ClientError(
              ClientError.Code.NO_SUCH_SUBSCRIPTION,
              "no subscription of that name here",
              name,
              null,
              null));
    }
    return sub;
  }

  @Nullable String takeHandshakeToken() {
    String token = handshakeToken;
    handshakeToken = null;
    return token;
  }

  @Nullable String headerTenant() {
    return headerTenant;
  }

  /** Who this is; only after the hello. */
  Caller.Client caller() {
    if (caller == null) {
      throw new IllegalStateException("no hello yet");
    }
    return caller;
  }

  @Nullable String tenantOrNull() {
    return caller == null ? null : caller.tenant();
  }

  String tenant() {
    return caller().tenant();
  }

  @Override
  public void delivered(Mode mode, int messages) {
    hub.delivered(tenant(), mode, messages);
  }

  // ---- life ----

  /** The hello's token is being looked at. */
  void checking() {
    state = State.GREETING;
  }

  void greeting(Caller.Client who, String clientId) {
    state = State.GREETING;
    caller = who;
    client = clientId;
  }

  void greeted() {
    state = State.OPEN;
    hub.wheel().schedule(this, nextLook());
    ArrayDeque<byte[]> waiting = early;
    early = null;
    if (waiting != null) {
      for (byte[] text = waiting.poll();
          text != null && state == State.OPEN;
          text = waiting.poll()) {
        text(text, 0, text.length);
      }
    }
  }

  /** A new token for the same tenant and subject. */
  void renew(Caller.Client who) {
    caller = who;
    expiringTold = false;
    hub.wheel().schedule(this, nextLook());
  }

  /** Until the next ping, or the token's end or its announcement if that comes before. */
  private long nextLook() {
    long left = caller().expiresAtMillis() - hub.clock().wallMillis();
    long untilTold = expiringTold ? left : left - hub.limits().expiringBefore().toMillis();
    return Math.min(hub.limits().ping().toMillis(), Math.max(1, untilTold));
  }

  /** Closes with a problem's code; what this tick still had to say goes out first. */
  void close(Problem problem, String reason) {
    Wire open = end(problem.closeCode());
    if (open != null) {
      open.close(problem, reason);
    }
  }

  void close(int code, String reason) {
    Wire open = end(code);
    if (open != null) {
      open.close(code, reason);
    }
  }

  /** Ends this session; gives the wire, if that is still to be closed. */
  private @Nullable Wire end(int code) {
    if (state == State.CLOSED) {
      return null;
    }
    flush();
    if (state == State.CLOSED) { // that was too much for it
      return null;
    }
    state = State.CLOSED;
    hub.closed(this, code);
    return wire;
  }

  /**
   * Tells the client to open its next connection and to leave this one; it is served until then. A
   * client that cannot be told comes back by itself when this one ends.
   */
  void goAway(long afterMillis, long withinMillis) {
    if (direct == null && (state == State.OPEN || state == State.GREETING)) {
      say(
          Lines.bytes(
              Lines.op("goaway")
                  .put("reason", "drain")
                  .put("afterMs", afterMillis)
                  .put("withinMs", withinMillis)));
    } else {
      close(Problem.DRAINING, "the node is leaving");
    }
  }

  /** The socket is gone, whoever closed it. */
  @Override
  public void gone() {
    if (state != State.CLOSED) {
      state = State.CLOSED;
      hub.closed(this, 1006);
    }
  }

  @Override
  long wake() {
    if (state == State.AWAITING_HELLO) {
      close(
          Problem.UNAUTHENTICATED,
          "no hello within " + hub.limits().helloWithin().toSeconds() + " s");
      return -1;
    }
    if (caller == null && state == State.GREETING) {
      close(Problem.ISSUER_UNAVAILABLE, "retryAfterMs=5000");
      return -1;
    }
    if (state != State.OPEN && state != State.GREETING) {
      return -1;
    }
    if (direct != null) {
      sign(); // a client that has gone shows as a write that fails
    }
    long silentNanos = hub.clock().nanos() - heardAtNanos;
    if (silentNanos >= hub.limits().dead().toNanos()) {
      close(
          Problem.HEARTBEAT_MISSED, "nothing heard for " + hub.limits().dead().toSeconds() + " s");
      return -1;
    }
    long left = caller().expiresAtMillis() - hub.clock().wallMillis();
    if (left <= 0) {
      close(Problem.UNAUTHENTICATED, "the token has expired");
      return -1;
    }
    if (left <= hub.limits().expiringBefore().toMillis() && !expiringTold) {
      expiringTold = true;
      say(Lines.bytes(Lines.op("expiring").put("inMs", left)));
    }
    if (wire != null) {
      wire.ping();
    }
    return nextLook();
  }

  // ---- out ----

  /** Says one control object in this tick's frame. */
  void say(byte[] line) {
    if (state == State.CLOSED) {
      return;
    }
    outbox.control(line);
    if (outbox.bytes() >= hub.limits().serverFrameBytes()) {
      flush();
    } else {
      dirty();
    }
  }

  void refuse(ClientError error) {
    say(Lines.error(error));
  }

  void announce(Subscription sub, Resume.Gap gap) {
    flush(); // what was staged comes before the hole
    say(Lines.gap(sub.name(), gap));
    flush(); // and what is staged next comes behind it
  }

  /** Whether the socket takes one more message now. */
  boolean canTake(LogEntry entry) {
    if (wire == null || state != State.OPEN) {
      return false;
    }
    if (outbox.isFullFor(entry)) {
      flush();
    }
    return wire.isWritable();
  }

  void stage(Walker sub, LogEntry entry) {
    outbox.staged(sub, entry, sub.stage(entry));
    dirty();
  }

  void stage(SharedSubscription sub, LogEntry entry, int attempt) {
    outbox.staged(sub, entry, sub.stage(entry, attempt));
    dirty();
  }

  private void dirty() {
    if (!dirty) {
      dirty = true;
      hub.flushLater(this);
    }
  }

  /** Writes what has gathered; at the end of the tick, or earlier when it is much. */
  void flush() {
    dirty = false;
    if (wire != null && !outbox.isEmpty() && state != State.CLOSED) {
      outbox.writeTo(wire, this);
      wire.flush();
      hub.frameOut();
      if (wire.unsentBytes() > UNREAD_BYTES_MAX) {
        close(Problem.RATE_LIMITED, "retryAfterMs=1000");
      }
    }
  }

  // ---- in ----

  @Override
  public void sign() {
    heardAtNanos = hub.clock().nanos();
  }

  @Override
  public void broken(int closeCode) {
    close(closeCode, closeCode == 1009 ? "frames of at most 1 MiB" : "not a WebSocket frame");
  }

  @Override
  public void writable() {
    if (state == State.OPEN) {
      for (Subscription sub : subs.values()) {
        hub.attachments().pump(sub);
      }
    }
  }

  @Override
  public void data(SocketWire.Kind kind, boolean last, ByteBuf frame) {
    sign();
    hub.frameIn();
    if (state == State.CLOSED) {
      return;
    }
    if (kind == SocketWire.Kind.BINARY) {
      close(1003, "text frames only");
      return;
    }
    int length = frame.readableBytes();
    if (partialLength + length > hub.limits().clientFrameBytes()) {
      close(Problem.TOO_LARGE, "frames of at most " + hub.limits().clientFrameBytes() + " bytes");
      return;
    }
    if (last && partial == null) {
      byte[] bytes = new byte[length];
      frame.getBytes(frame.readerIndex(), bytes);
      text(bytes, 0, length);
      return;
    }
    int joinedLength = partialLength + length;
    byte[] joined = partial == null ? new byte[Math.max(256, length)] : partial;
    if (joined.length < joinedLength) { // doubled, so that tiny fragments cost no more than one
      joined = Arrays.copyOf(joined, Math.max(joinedLength, joined.length * 2));
    }
    frame.getBytes(frame.readerIndex(), joined, partialLength, length);
    if (last) {
      partial = null;
      partialLength = 0;
      text(joined, 0, joinedLength);
    } else {
      partial = joined;
      partialLength = joinedLength;
    }
  }

  /** A whole text message: objects, one a line. */
  private void text(byte[] bytes, int from, int to) {
    if (state == State.GREETING) {
      if (early == null) {
        early = new ArrayDeque<>(2);
      }
      early.add(to == bytes.length ? bytes : Arrays.copyOf(bytes, to));
      if (early.size() > 64) {
        close(Problem.RATE_LIMITED, "retryAfterMs=1000");
      }
      return;
    }
    if (!Utf8Check.isValid(bytes, from, to)) {
      close(1007, "not UTF-8");
      return;
    }
    int line = from;
    for (int i = from; i <= to && state != State.CLOSED; i++) {
      if (i == to || bytes[i] == '\n') {
        if (!blank(bytes, line, i)) {
          if (state == State.GREETING) { // a hello came first in this very frame
            byte[] rest = Arrays.copyOfRange(bytes, line, to);
            early = new ArrayDeque<>(2);
            early.add(rest);
            return;
          }
          ClientOp op = ClientOp.parse(bytes, line, i);
          if (op == null) {
            close(Problem.BAD_REQUEST, "not a JSON object with an op");
            return;
          }
          ops.handle(op);
        }
        line = i + 1;
      }
    }
  }

  private static boolean blank(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\r' && bytes[i] != '\t') {
        return false;
      }
    }
    return true;
  }
}
