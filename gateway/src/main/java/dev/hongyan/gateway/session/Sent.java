package dev.hongyan.gateway.session;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.observability.usage.Used;

/**
 * Counts frames and the messages in them. A tick sends many frames of one tenant, so they are
 * summed up here and told once. For one thread.
 */
final class Sent {
  private static final Mode[] MODES = Mode.values();

  private final Metrics metrics;
  private final Tally frames;
  private final Tally[] delivered = new Tally[MODES.length];
  private final long[] messages = new long[MODES.length];
  private String tenant = "";
  private long frameCount;

  Sent(Metrics metrics) {
    this.metrics = metrics;
    this.frames = metrics.tally(Series.FRAMES, "out");
    for (Mode mode : MODES) {
      delivered[mode.ordinal()] = metrics.tally(Series.DELIVERED, mode.word());
    }
  }

  void frame() {
    frameCount++;
  }

  @SuppressWarnings("EnumOrdinal") // An index into an array of this run.
  void messages(String ofTenant, Mode mode, int count) {
    if (!ofTenant.equals(tenant)) {
      settle();
      tenant = ofTenant;
    }
    messages[mode.ordinal()] += count;
  }

  /** Tells what was summed up; at the latest at the end of a tick. */
  void settle() {
    long sum = 0;
    for (int i = 0; i < messages.length; i++) {
      if (messages[i] > 0) {
        sum += messages[i];
        delivered[i].add(messages[i]);
        messages[i] = 0;
      }
    }
    if (sum > 0) {
      metrics.usage().of(tenant).add(Used.WEBSOCKET_DELIVERIES, sum);
    }
    if (frameCount > 0) {
      frames.add(frameCount);
      frameCount = 0;
    }
  }
}
