package dev.hongyan.deploy.demo;

import dev.hongyan.simulator.delivery.PushResult;
import dev.hongyan.simulator.push.PushNumber;
import io.vertx.core.json.JsonObject;
import java.io.PrintStream;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the demo prints, and the account of it: pushed, received, missing, repeated. Thread-safe.
 */
final class DemoScreen implements DemoSubscriber.Listener {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final String DIM = "\u001b[2m";
  private static final String RED = "\u001b[31m";
  private static final String GREEN = "\u001b[32m";
  private static final String CYAN = "\u001b[36m";
  private static final String RESET = "\u001b[0m";

  private final PrintStream out;
  private final boolean colours;
  private final Map<String, Count> counts = new HashMap<>();

  private static final class Count {
    final Set<Long> accepted = new HashSet<>();
    final Set<Long> received = new HashSet<>();
    long refused;
    long repeated;
  }

  DemoScreen(PrintStream out, boolean colours) {
    this.out = out;
    this.colours = colours;
  }

  synchronized void say(String text) {
    out.println(paint(DIM, text));
  }

  synchronized void welcome(int port, long pid) {
    out.println();
    out.println(
        "  "
            + paint(GREEN, "The node is up.")
            + "  Watch it in a browser: http://127.0.0.1:"
            + port
            + "/");
    out.println("  Kill it and see that nothing is missing:  kill -9 " + pid);
    out.println("  Ctrl-C ends everything.");
    out.println();
  }

  synchronized void died(long pid) {
    out.println(paint(RED, now() + "  the node (" + pid + ") is dead; starting another ..."));
  }

  synchronized void back(long pid) {
    out.println(
        paint(
            GREEN,
            now()
                + "  a new node is up (kill -9 "
                + pid
                + "); WeChat tries again what was not answered"));
  }

  /** WeChat has its answer, or has given up. */
  synchronized void pushed(String tenant, PushResult result) {
    Count c = count(tenant);
    if (result.answered().accepted()) {
      c.accepted.add(result.push().number());
    } else {
      c.refused++;
      out.println(
          paint(
              RED,
              now()
                  + "  "
                  + tenant
                  + ": WeChat gave a push up after "
                  + result.attempts().size()
                  + " tries"));
    }
  }

  @Override
  public synchronized void subscribed(String tenant, String verdict, String cursor, String head) {
    out.println(
        paint(
            CYAN,
            now()
                + "  "
                + tenant
                + ": subscriber "
                + verdict
                + " behind "
                + cursor
                + ", the log is at "
                + head));
  }

  @Override
  public synchronized void message(String tenant, String cursor, JsonObject event) {
    Count c = count(tenant);
    JsonObject data = event.getJsonObject("data");
    OptionalLong number = PushNumber.find(data);
    boolean repeat = number.isPresent() && !c.received.add(number.getAsLong());
    if (repeat) {
      c.repeated++;
    }
    out.printf(
        "%s  %-5s %-40s %s %s%n",
        now(),
        tenant,
        cut(event.getString("type")),
        paint(DIM, cursor),
        (repeat ? paint(DIM, "(again) ") : "") + text(data));
  }

  /** Prints the account; gives how many accepted pushes did not arrive. */
  synchronized int summary() {
    int missing = 0;
    out.println();
    for (Map.Entry<String, Count> e : new TreeMap<>(counts).entrySet()) {
      Count c = e.getValue();
      Set<Long> lost = new HashSet<>(c.accepted);
      lost.removeAll(c.received);
      missing += lost.size();
      out.printf(
          "  %-5s answered success %d · received %d · %s · repeated %d%s%n",
          e.getKey(),
          c.accepted.size(),
          c.received.size(),
          paint(lost.isEmpty() ? GREEN : RED, "missing " + lost.size()),
          c.repeated,
          c.refused == 0 ? "" : " · given up by WeChat " + c.refused);
    }
    return missing;
  }

  private Count count(String tenant) {
    return counts.computeIfAbsent(tenant, t -> new Count());
  }

  private static String text(JsonObject data) {
    for (String field :
        new String[] {"Content", "EventKey", "Label", "Title", "PicUrl", "MediaId"}) {
      Object value = data.getValue(field);
      if (value instanceof String s && !s.isEmpty()) {
        return s;
      }
    }
    return "";
  }

  private static String cut(String type) {
    return type.length() <= 40 ? type : type.substring(0, 39) + "…";
  }

  private static String now() {
    return LocalTime.now().format(TIME);
  }

  private String paint(String colour, String text) {
    return colours ? colour + text + RESET : text;
  }
}
