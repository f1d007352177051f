package dev.hongyan.simulator.api;

import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.wechat.Product;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an account's WeChat knows of its users. Thread-safe; beyond its limit it forgets. */
final class Audience {
  static final int USERS_MAX = 100_000;
  private static final int REFUSALS_MAX = 100;

  private final Product product;
  private final ApiTime time;
  private final Map<String, Person> people = Newest.map(USERS_MAX);

  Audience(Product product, ApiTime time) {
    this.product = product;
    this.time = time;
  }

  private static final class Person {
    final SimulatedUser user;
    final Set<String> refusals = new HashSet<>();
    final Map<Trigger, Window> windows = new EnumMap<>(Trigger.class);
    boolean follows = true;
    boolean blocks;
    long sinceSeconds;

    Person(String openid, long sinceSeconds) {
      this.user = new SimulatedUser(openid);
      this.sinceSeconds = sinceSeconds;
    }
  }

  private static final class Window {
    final long untilMillis;
    int left;

    Window(long untilMillis, int left) {
      this.untilMillis = untilMillis;
      this.left = left;
    }
  }

  /** A user as the API shows them. */
  record Shown(SimulatedUser user, boolean follows, boolean blocks, long sinceSeconds) {}

  /** Learns from what WeChat pushes about a user. */
  void learn(SimulatedPush push) {
    String openid = push.openid();
    if (openid == null) {
      return;
    }
    if (push.type().equals("unsubscribe")) {
      leave(openid);
    } else if (!Sends.isResult(push.type())) {
      open(openid, Trigger.of(product, push));
    }
  }

  /** A user is there, or again; {@code trigger} lets the account write to them. */
  synchronized void open(String openid, @Nullable Trigger trigger) {
    Person person = person(openid);
    if (!person.follows) {
      person.follows = true;
      person.sinceSeconds = time.nowMillis() / 1000;
    }
    if (trigger != null) {
      person.windows.put(trigger, new Window(time.nowMillis() + trigger.millis, trigger.messages));
    }
  }

  synchronized void leave(String openid) {
    Person person = person(openid);
    person.follows = false;
    person.windows.clear();
  }

  synchronized void block(String openid, boolean blocks) {
    person(openid).blocks = blocks;
  }

  synchronized void refuse(String openid, String templateId) {
    Set<String> refusals = person(openid).refusals;
    if (refusals.size() < REFUSALS_MAX) {
      refusals.add(templateId);
    }
  }

  synchronized void accept(String openid, String templateId) {
    person(openid).refusals.remove(templateId);
  }

  synchronized boolean refuses(String openid, String templateId) {
    Person person = people.get(openid);
    return person != null && person.refusals.contains(templateId);
  }

  synchronized @Nullable Shown find(String openid) {
    Person person = people.get(openid);
    return person == null
        ? null
        : new Shown(person.user, person.follows, person.blocks, person.sinceSeconds);
  }

  /** Followers in the order in which they came, behind {@code after}. */
  synchronized List<String> followers(String after, int limit) {
    List<String> found = new ArrayList<>();
    boolean reached = after.isEmpty();
    for (Map.Entry<String, Person> each : people.entrySet()) {
      if (reached && each.getValue().follows && found.size() < limit) {
        found.add(each.getKey());
      }
      reached = reached || each.getKey().equals(after);
    }
    return found;
  }

  synchronized long followerCount() {
    return people.values().stream().filter(person -> person.follows).count();
  }

  /** Uses up one customer service message, of the window that closes first. */
  synchronized Errcode spend(String openid, boolean counts) {
    Person person = people.get(openid);
    if (person == null) {
      return Errcode.INVALID_OPENID;
    }
    long now = time.nowMillis();
    person.windows.values().removeIf(window -> window.untilMillis <= now);
    if (person.windows.isEmpty()) {
      return Errcode.WINDOW_CLOSED;
    }
    Window best = null;
    for (Window window : person.windows.values()) {
      if (window.left > 0 && (best == null || window.untilMillis < best.untilMillis)) {
        best = window;
      }
    }
    if (best == null) {
      return Errcode.ALLOWANCE_USED_UP;
    }
    best.left -= counts ? 1 : 0;
    return Errcode.OK;
  }

  private Person person(String openid) {
    return people.computeIfAbsent(openid, key -> new Person(key, time.nowMillis() / 1000));
  }
}
