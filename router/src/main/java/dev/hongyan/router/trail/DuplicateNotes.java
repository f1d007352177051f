package dev.hongyan.router.trail;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.LogReader;
import java.time.Duration;

/**
 * Writes down that a message came again, at the message that came first. A flood of repeats is not
 * written down one by one. For one event loop.
 */
public final class DuplicateNotes implements LogAppender.DuplicateListener {
  private static final int READING_MAX = 64;
  private static final Duration FLUSH_EVERY = Duration.ofMillis(200);

  private final LogReader log;
  private final Trail trail;
  private int reading;

  /**
   * @param trail of this event loop; flushed here
   */
  public DuplicateNotes(LogReader log, Trail trail, Timers timers) {
    this.log = log;
    this.trail = trail;
    var unused = timers.every(FLUSH_EVERY, trail::flush);
  }

  @Override
  public void seen(String tenant, String epoch, long seq) {
    if (reading >= READING_MAX) {
      return;
    }
    reading++;
    log.read(tenant, epoch, seq, 1)
        .onComplete(
            found -> {
              reading--;
              if (!found.isEmpty() && found.get(0).seq() == seq) {
                trail.note(tenant, found.get(0).header().id(), "", "duplicate", "");
              }
            },
            e -> reading--);
  }
}
