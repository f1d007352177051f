package dev.hongyan.router.shared;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The members of a queue and the lanes that stand in line for them: who gets what next. A subject
 * that was with a member stands in that one's line, any other in a common one.
 */
final class Crew {
  private final List<Member> members = new ArrayList<>();
  private final Map<MemberId, Member> byId = new HashMap<>();
  private final Topics topics;
  private final Map<String, Member> homes;
  private final ArrayDeque<Lane> homeless = new ArrayDeque<>();
  private int chooseFrom;

  /** Takes what is handed out. */
  interface Handing {
    void deliver(Item item, Member to);
  }

  Crew(int homesMax, long topicsLingerNanos) {
    topics = new Topics(topicsLingerNanos);
    homes =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Member> eldest) {
            return size() > homesMax;
          }
        };
  }

  // ---- members ----

  void add(Member m) {
    m.attached = true;
    members.add(m);
    byId.put(m.id(), m);
    topics.came(m);
  }

  @Nullable Member remove(MemberId id, long now) {
    Member m = byId.remove(id);
    if (m != null) {
      m.attached = false;
      members.remove(m);
      topics.left(m, now);
    }
    return m;
  }

  /** The member, which has shown that it lives. */
  @Nullable Member heard(MemberId id) {
    Member m = byId.get(id);
    if (m != null) {
      m.suspect = false;
    }
    return m;
  }

  List<Member> members() {
    return members;
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  // ---- topics ----

  boolean wants(String topic) {
    return topics.wanted(topic);
  }

  /** True when topics of members that left are forgotten now. Alone nobody forgets. */
  boolean forgetLeft(long now) {
    return !members.isEmpty() && topics.forgetLeft(now);
  }

  /** When {@link #forgetLeft} has something to do. */
  long nextForget() {
    return members.isEmpty() ? Long.MAX_VALUE : topics.nextForget();
  }

  void nothingIsHere() {
    topics.nothingIsHere();
  }

  // ---- lines ----

  /** It may have something to send: it waits for its member, or for any. */
  void standInLine(Lane lane) {
    if (lane.queued || lane.next() == null) {
      return;
    }
    lane.queued = true;
    Member home = lane.subject == null ? null : homes.get(lane.subject);
    if (home != null && home.attached && !home.suspect) {
      home.ready.add(lane);
    } else {
      homeless.add(lane);
    }
  }

  /** Subjects that wait for this one look for another. */
  void moveOut(Member m) {
    homeless.addAll(m.ready);
    m.ready.clear();
  }

  /** The subject is with {@code m} from now on. */
  void settleDown(Lane lane, Member m) {
    if (lane.subject != null) {
      homes.put(lane.subject, m);
    }
  }

  /** The subject is with nobody. */
  void moveAway(String subject) {
    homes.remove(subject);
  }

  void forgetLines() {
    homeless.clear();
    members.forEach(m -> m.ready.clear());
  }

  // ---- handing out ----

  /** Hands out what there is room for. */
  void serve(Handing handing) {
    for (int i = 0; i < members.size(); i++) {
      serve(members.get(i), handing);
    }
    serveHomeless(handing);
  }

  private void serve(Member m, Handing handing) {
    for (Lane lane = m.ready.peek(); lane != null; lane = m.ready.peek()) {
      Item item = lane.next();
      if (item != null && topics.takes(m, item.entry.topic())) {
        if (!m.hasRoom(item.size())) {
          return;
        }
        m.ready.remove();
        lane.queued = false;
        handing.deliver(item, m);
      } else {
        m.ready.remove();
        lane.queued = false;
        if (item != null) {
          lane.queued = true;
          homeless.add(lane);
        }
      }
    }
  }

  /** In the order in which they came; while all take the same topics nobody is overtaken. */
  private void serveHomeless(Handing handing) {
    List<Lane> skipped = new ArrayList<>(0);
    for (Lane lane = homeless.poll(); lane != null; lane = homeless.poll()) {
      Item item = lane.next();
      if (item == null) {
        lane.queued = false;
        continue;
      }
      Member m = choose(item);
      if (m != null) {
        lane.queued = false;
        handing.deliver(item, m);
        continue;
      }
      if (topics.areUniform()) {
        homeless.addFirst(lane);
        return;
      }
      skipped.add(lane);
    }
    homeless.addAll(skipped);
  }

  /** The least loaded one with room; in turn when they are alike. */
  private @Nullable Member choose(Item item) {
    int n = members.size();
    Member best = null;
    for (int i = 0; i < n; i++) {
      Member m = members.get((chooseFrom + i) % n);
      if (m.hasRoom(item.size())
          && topics.takes(m, item.entry.topic())
          && (best == null
              || (m.suspect != best.suspect ? best.suspect : m.load() < best.load()))) {
        best = m;
        if (m.load() == 0 && !m.suspect) {
          break;
        }
      }
    }
    if (best != null) {
      chooseFrom = (members.indexOf(best) + 1) % n;
    }
    return best;
  }
}
