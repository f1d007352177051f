package dev.hongyan.gateway.session;

import dev.hongyan.router.log.LogEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one tick wants to say to one session. All of it leaves as one frame, control lines first;
 * larger than the limit, as several. Empty it holds nothing.
 */
final class Outbox {
  private final int frameBytesMax;
  private @Nullable List<byte[]> control;
  // Nearly always one subscription has something to say; a list is only made for more.
  private @Nullable Subscription first;
  private @Nullable List<Subscription> more;
  private int bytes;

  Outbox(int frameBytesMax) {
    this.frameBytesMax = frameBytesMax;
  }

  boolean isEmpty() {
    return control == null && first == null;
  }

  int bytes() {
    return bytes;
  }

  void control(byte[] line) {
    if (control == null) {
      control = new ArrayList<>(2);
    }
    control.add(line);
    bytes += line.length + 1;
  }

  /**
   * Whether this entry would make the frame too large, so that what is there should leave first.
   */
  boolean isFullFor(LogEntry entry) {
    return bytes > 0 && bytes + entry.event().length + 128 > frameBytesMax;
  }

  /** Notes that {@code sub} has staged {@code entry}. */
  void staged(Subscription sub, LogEntry entry, boolean firstOfSub) {
    if (firstOfSub) {
      if (first == null) {
        first = sub;
      } else {
        if (more == null) {
          more = new ArrayList<>(2);
        }
        more.add(sub);
      }
    }
    bytes += entry.event().length + 128;
  }

  /** Writes everything; it leaves as one frame. */
  void writeTo(Wire wire, DeliveredCount count) {
    List<Frames.Delivery> deliveries = deliveries(count);
    if (control != null || !deliveries.isEmpty()) {
      wire.write(control, deliveries);
    }
    control = null;
    first = null;
    more = null;
    bytes = 0;
  }

  private List<Frames.Delivery> deliveries(DeliveredCount count) {
    Frames.Delivery of = first == null ? null : taken(first, count);
    if (more == null) {
      return of == null ? List.of() : List.of(of);
    }
    List<Frames.Delivery> all = new ArrayList<>(1 + more.size());
    if (of != null) {
      all.add(of);
    }
    for (Subscription sub : more) {
      Frames.Delivery next = taken(sub, count);
      if (next != null) {
        all.add(next);
      }
    }
    return all;
  }

  private static Frames.@Nullable Delivery taken(Subscription sub, DeliveredCount count) {
    Frames.Delivery delivery = sub.takeDelivery();
    if (delivery != null) {
      count.delivered(sub.mode(), delivery.entries().size());
    }
    return delivery;
  }

  /** Told of what left, by mode. */
  interface DeliveredCount {
    void delivered(Mode mode, int messages);
  }
}
