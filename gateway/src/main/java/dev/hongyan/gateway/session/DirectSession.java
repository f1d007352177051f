package dev.hongyan.gateway.session;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.access.Caller;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session for a door that knows its caller from the request and has nothing more to hear: no
 * hello, no ops, one subscription. It is served by the same reader as a WebSocket's, shows among
 * the sessions, and is fenced, drained and ended like them. For the hub's event loop only.
 */
public final class DirectSession {
  private final Hub hub;
  private final Session session;
  private final Walker subscription;

  /**
   * What is to be read.
   *
   * @param name of the subscription; for a durable one the name under which its cursor is kept
   * @param topics 1 to {@link SessionLimits#topics()} patterns
   * @param done everything up to here was done by the client before; null when it says nothing.
   *     Only for a durable one
   * @param messagesMax unacknowledged (durable) or altogether (live) messages at the most; 0 for no
   *     bound, live only
   * @param frameBytesMax what gathers before it is written
   */
  public record Reading(
      String name,
      boolean durable,
      List<TopicPattern> topics,
      @Nullable Cursor done,
      int messagesMax,
      int frameBytesMax) {
    public Reading {
      topics = List.copyOf(topics);
    }
  }

  /** Where the session's words go. Called on the hub's event loop. */
  public interface Outlet {
    /** One control object of the WebSocket protocol (its section 3), as UTF-8 JSON. */
    void control(byte[] line);

    /** The next messages; they may be kept. */
    void messages(List<LogEntry> entries);

    /** What was said since the last flush is to leave now. */
    void flush();

    /** Whether more is taken now; when not, call {@link DirectSession#writable} once it is. */
    boolean isWritable();

    /** It is time for a sign of life. */
    void ping();

    /** The session has ended: for this reason, or (null) because {@link DirectSession#end} said. */
    void ended(@Nullable Problem problem, String reason);
  }

  private DirectSession(Hub hub, String id, Caller.Client caller, String remote, Reading reading) {
    this.hub = hub;
    this.session = new Session(id, hub, caller, remote, reading.frameBytesMax(), this);
    Window window =
        reading.messagesMax() == 0
            ? null
            : new Window(reading.messagesMax(), hub.limits().windowBytes());
    this.subscription =
        new Walker(
            reading.name(),
            reading.durable() ? Mode.DURABLE : Mode.LIVE,
            reading.topics(),
            session,
            window);
    subscription.doneBefore(reading.done());
  }

  /**
   * Opens a session; {@link #begin} it next.
   *
   * <p>Throws RATE_LIMITED when the tenant may have no more, NO_SUCH_TENANT, DRAINING or
   * OVERLOADED, VALIDATION for a bad name, FORBIDDEN for a topic that the caller's token does not
   * grant.
   *
   * @param id names the session
   * @param remote the client's address
   */
  public static DirectSession open(
      Hub hub, String id, Caller.Client caller, String remote, Reading reading, Outlet outlet) {
    if (!hub.isServed(caller.tenant())) {
      throw Problem.NO_SUCH_TENANT.because("There is no such tenant");
    }
    check(hub, caller, reading);
    if (!hub.hasRoom()) {
      throw hub.isDraining()
          ? Problem.DRAINING.because("This node is leaving")
          : Problem.OVERLOADED.because("This node has all the sessions it can serve");
    }
    DirectSession direct = new DirectSession(hub, id, caller, remote, reading);
    direct.session.admission.begin(hub.quotas(), caller.tenant());
    hub.opened(direct.session);
    direct.session.open(new OutletWire(outlet));
    return direct;
  }

  /**
   * Attaches the subscription and begins to read: the outlet hears {@code subscribed} first, or
   * that the session has ended.
   *
   * @param at where a name that is new begins
   */
  public void begin(StartAt at) {
    hub.attachments().add(subscription, at, false);
  }

  private static void check(Hub hub, Caller.Client caller, Reading reading) {
    String name = reading.name();
    if (!Fields.isName(name)) {
      throw invalid("sub", "must be 1 to " + Fields.NAME_MAX + " printable characters");
    }
    if (reading.topics().isEmpty() || reading.topics().size() > hub.limits().topics()) {
      throw invalid("topics", "must be 1 to " + hub.limits().topics() + " patterns");
    }
    List<TopicPattern> granted = SessionOps.granted(caller.topics());
    for (TopicPattern topic : reading.topics()) {
      if (!TopicPattern.anyCovers(granted, topic)) {
        throw Problem.FORBIDDEN.because("The token does not grant " + topic);
      }
    }
  }

  private static ProblemException invalid(String field, String message) {
    return new ProblemException(
        Problem.VALIDATION,
        "One field is not valid",
        List.of(new ProblemException.FieldError(field, message)));
  }

  /** The outlet takes more again. */
  public void writable() {
    session.writable();
  }

  /**
   * Everything up to here was looked at: what matched is with the outlet when this returns. Not
   * before {@code subscribed}.
   */
  public Cursor seen() {
    session.flush();
    return hub.attachments().seen(subscription);
  }

  /** Whether everything in the log has been looked at. */
  public boolean isCaughtUp() {
    return subscription.isLive();
  }

  /** Ends it; what this tick still had to say goes to the outlet first. */
  public void end() {
    session.close(1000, "");
  }

  /** Ends it because of a problem. */
  public void end(Problem problem, String reason) {
    session.close(problem, reason);
  }

  /** The client has gone; the outlet hears nothing more. */
  public void gone() {
    session.gone();
  }

  private record OutletWire(Outlet outlet) implements Wire {
    @Override
    public void write(@Nullable List<byte[]> control, List<Frames.Delivery> deliveries) {
      if (control != null) {
        control.forEach(outlet::control);
      }
      for (Frames.Delivery delivery : deliveries) {
        outlet.messages(delivery.entries());
      }
    }

    @Override
    public void flush() {
      outlet.flush();
    }

    @Override
    public boolean isWritable() {
      return outlet.isWritable();
    }

    /** Nobody on the other side asks for anything, so no answers pile up. */
    @Override
    public long unsentBytes() {
      return 0;
    }

    @Override
    public void ping() {
      outlet.ping();
    }

    @Override
    public void close(int code, String reason) {
      outlet.ended(null, reason);
    }

    @Override
    public void close(Problem problem, String reason) {
      outlet.ended(problem, reason);
    }
  }
}
