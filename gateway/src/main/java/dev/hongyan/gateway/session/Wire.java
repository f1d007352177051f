package dev.hongyan.gateway.session;

import dev.hongyan.observability.problem.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is under a session. Called on the session's event loop only. */
interface Wire {
  /** Puts on its way what one tick says, control lines first. It leaves with {@link #flush}. */
  void write(@Nullable List<byte[]> control, List<Frames.Delivery> deliveries);

  void flush();

  /**
   * Whether the other side takes more; when it does not, {@link Session#writable} is called once it
   * does again.
   */
  boolean isWritable();

  /** Bytes that were written and wait for the socket to take them. */
  long unsentBytes();

  /** Shows the other side, or a proxy on the way, that this lives. */
  void ping();

  /** Closes with a WebSocket close code and a reason of at most 123 bytes. */
  void close(int code, String reason);

  /** Closes because of a problem; a WebSocket says it with the problem's code. */
  default void close(Problem problem, String reason) {
    close(problem.closeCode(), reason);
  }
}
