package dev.hongyan.gateway.session;

import static dev.hongyan.gateway.session.Fields.number;
import static dev.hongyan.gateway.session.Fields.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.gateway.session.ClientError.Code;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.shared.ToOwner.Fate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client says of messages that it got: {@code ack}, {@code nack}, {@code extend}, {@code
 * term}.
 */
final class AckOps {
  /** Longest {@code delayMs} and {@code ms}; more counts as this. */
  static final int WAIT_MAX_MILLIS = 3_600_000;

  private final Session session;
  private final Hub hub;

  AckOps(Session session, Hub hub) {
    this.session = session;
    this.hub = hub;
  }

  void ack(JsonNode f) {
    String name = text(f, "sub");
    String cursor = text(f, "cursor");
    if (cursor != null) {
      ack(String.valueOf(name), cursor);
      return;
    }
    Subscription sub = session.known(name);
    if (sub instanceof SharedSubscription shared) {
      settle(shared, f, Fate.ACK, 0, "");
    } else if (sub != null) {
      badField(sub, "ack needs sub and cursor");
    }
  }

  /** The commonest: one cursor. */
  void ack(String name, String text) {
    Subscription sub = session.known(name);
    if (sub instanceof Walker walker) {
      Cursor cursor = sub.mode() == Mode.DURABLE ? sent(walker, Cursor.parse(text)) : null;
      if (cursor != null) {
        hub.attachments().acked(walker, cursor.seq());
      }
    } else if (sub instanceof SharedSubscription shared) {
      Cursor cursor = Cursor.parse(text);
      if (cursor == null) {
        badCursor(sub);
      } else {
        settle(shared, List.of(cursor), Fate.ACK, 0, "");
      }
    }
  }

  void nack(JsonNode f) {
    SharedSubscription sub = shared(f, "nack");
    int delay = number(f, "delayMs", 0, 0, WAIT_MAX_MILLIS);
    if (sub != null && delay < 0) {
      badField(sub, "delayMs is a number of milliseconds");
    } else if (sub != null) {
      settle(sub, f, Fate.NACK, delay, "");
    }
  }

  void extend(JsonNode f) {
    SharedSubscription sub = shared(f, "extend");
    int millis = number(f, "ms", -1, 1, WAIT_MAX_MILLIS);
    if (sub != null && millis < 0) {
      badField(sub, "ms is a number of milliseconds");
    } else if (sub != null) {
      settle(sub, f, Fate.EXTEND, millis, "");
    }
  }

  void term(JsonNode f) {
    Subscription sub = session.known(text(f, "sub"));
    String reason = text(f, "reason");
    if (sub == null) {
      return;
    }
    if (reason == null) {
      badField(sub, "term needs a reason");
    } else if (sub instanceof SharedSubscription shared) {
      settle(shared, f, Fate.TERM, 0, reason);
    } else if (sub instanceof Walker walker && sub.mode() == Mode.DURABLE) {
      term(walker, f, reason);
    } else {
      badField(sub, "term is for durable and shared subscriptions");
    }
  }

  private void term(Walker sub, JsonNode f, String reason) {
    List<Cursor> cursors = cursors(sub, f);
    if (cursors != null) {
      List<Long> seqs = new ArrayList<>(cursors.size());
      for (Cursor c : cursors) {
        Cursor known = sent(sub, c);
        if (known != null) {
          seqs.add(known.seq());
        }
      }
      hub.attachments().term(sub, seqs, reason);
    }
  }

  // ---- shared ----

  private @Nullable SharedSubscription shared(JsonNode f, String op) {
    Subscription sub = session.known(text(f, "sub"));
    if (sub instanceof SharedSubscription shared) {
      return shared;
    }
    if (sub != null) {
      badField(sub, op + " is for shared subscriptions");
    }
    return null;
  }

  private void settle(SharedSubscription sub, JsonNode f, Fate fate, int millis, String reason) {
    List<Cursor> cursors = cursors(sub, f);
    if (cursors != null) {
      settle(sub, cursors, fate, millis, reason);
    }
  }

  /** Of cursors that were never delivered here the client is told once; the others count. */
  private void settle(
      SharedSubscription sub, List<Cursor> cursors, Fate fate, int millis, String reason) {
    List<Long> seqs = new ArrayList<>(cursors.size());
    boolean strange = false;
    for (Cursor c : cursors) {
      if (!c.epoch().equals(sub.epoch())) {
        continue; // across a reset of the log it means nothing now
      }
      if (sub.knows(c.seq())) {
        seqs.add(c.seq());
      } else {
        strange = true;
      }
    }
    if (!seqs.isEmpty()) {
      hub.attachments().shared().settle(sub, fate, seqs, millis, reason);
    }
    if (strange) {
      badCursor(sub);
    }
  }

  // ---- fields ----

  /** The cursor, when it was sent on {@code sub}; if it cannot have been, the client is told. */
  private @Nullable Cursor sent(Walker sub, @Nullable Cursor cursor) {
    if (cursor != null && !cursor.epoch().equals(sub.epoch())) {
      return null; // across a reset of the log it means nothing now
    }
    if (cursor == null || cursor.seq() > sub.lastSent()) {
      badCursor(sub);
      return null;
    }
    return cursor;
  }

  private @Nullable List<Cursor> cursors(Subscription sub, JsonNode f) {
    JsonNode list = f.get("cursors");
    if (list == null || !list.isArray() || list.isEmpty()) {
      badField(sub, "cursors is a list of at least one");
      return null;
    }
    List<Cursor> out = new ArrayList<>(list.size());
    for (JsonNode item : list) {
      Cursor cursor = item.isTextual() ? Cursor.parse(item.textValue()) : null;
      if (cursor == null) {
        badCursor(sub);
        return null;
      }
      out.add(cursor);
    }
    return out;
  }

  private void badField(Subscription sub, String why) {
    session.refuse(ClientError.ofSub(Code.BAD_FIELD, why, sub.name()));
  }

  private void badCursor(Subscription sub) {
    session.refuse(ClientError.ofSub(Code.BAD_CURSOR, "this was not delivered here", sub.name()));
  }
}
