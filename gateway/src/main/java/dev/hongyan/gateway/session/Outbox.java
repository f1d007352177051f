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
  private @Nullable List<Subscription> subs;
  private int bytes;

  Outbox(int frameBytesMax) {
    this.frameBytesMax = frameBytesMax;
  }

  boolean isEmpty() {
    return control == null && subs == null;
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
      if (subs == null) {
        subs = new ArrayList<>(1);
      }
      subs.add(sub);
    }
    bytes += entry.event().length + 128;
  }

  /** Writes everything; it leaves as one frame. */
  void writeTo(Wire wire, DeliveredCount count) {
    List<Frames.Delivery> deliveries = List.of();
    if (subs != null) {
      deliveries = new ArrayList<>(subs.size());
      for (Subscription sub : subs) {
        Frames.Delivery delivery = sub.takeDelivery();
        if (delivery != null) {
          deliveries.add(delivery);
          count.delivered(sub.mode(), delivery.entries().size());
        }
      }
    }
    if (control != null || !deliveries.isEmpty()) {
      wire.write(control, deliveries);
    }
    control = null;
    subs = null;
    bytes = 0;
  }

  /** Told of what left, by mode. */
  interface DeliveredCount {
    void delivered(Mode mode, int messages);
  }
}
