package dev.hongyan.gateway.session;

/**
 * What was sent and is not acknowledged yet: places and sizes, no messages. Empty it holds no
 * memory. Pure and for one thread.
 */
final class Window {
  private static final long[] NONE = new long[0];

  private final int messagesMax;
  private final int bytesMax;
  // A ring of pairs: place, size (-1 when it is done). `head` and `count` are in pairs.
  private long[] ring = NONE;
  private int head;
  private int count;
  private int given;
  private long bytes;

  Window(int messagesMax, int bytesMax) {
    this.messagesMax = messagesMax;
    this.bytesMax = bytesMax;
  }

  /**
   * Whether a message of {@code size} bytes may go out; one always may when nothing is under way.
   */
  boolean hasRoom(int size) {
    return count == 0 || (count < messagesMax && bytes + size <= bytesMax);
  }

  /** A message went out; places only grow. */
  void sent(long seq, int size) {
    if (count * 2 == ring.length) {
      grow();
    }
    int at = (head + count) % (ring.length / 2);
    ring[at * 2] = seq;
    ring[at * 2 + 1] = size;
    count++;
    bytes += size;
  }

  /** Everything up to and including {@code seq} is done; gives how many messages that were. */
  int acked(long seq) {
    int n = 0;
    while (count > 0 && ring[head * 2] <= seq) {
      long size = ring[head * 2 + 1];
      bytes -= Math.max(0, size);
      given -= size < 0 ? 1 : 0;
      head = (head + 1) % (ring.length / 2);
      count--;
      n++;
    }
    if (count == 0) {
      ring = NONE;
      head = 0;
    }
    return n;
  }

  /** Whether the message at {@code seq} is under way and not {@link #done}. */
  boolean has(long seq) {
    int at = find(seq);
    return at >= 0 && ring[at * 2 + 1] >= 0;
  }

  /**
   * The message at {@code seq} alone is done; gives the place up to which everything is, for {@link
   * #acked}, or -1 when that has not changed.
   */
  long done(long seq) {
    int at = find(seq);
    if (at < 0 || ring[at * 2 + 1] < 0) {
      return -1;
    }
    bytes -= ring[at * 2 + 1];
    ring[at * 2 + 1] = -1;
    given++;
    long upTo = -1;
    for (int i = 0; i < count; i++) {
      int next = (head + i) % (ring.length / 2);
      if (ring[next * 2 + 1] >= 0) {
        break;
      }
      upTo = ring[next * 2];
    }
    return upTo;
  }

  private int find(long seq) {
    int low = 0;
    int high = count - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int at = (head + middle) % (ring.length / 2);
      if (ring[at * 2] == seq) {
        return at;
      }
      if (ring[at * 2] < seq) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /** How many of the {@link #unacked} are {@link #done} by themselves. */
  int given() {
    return given;
  }

  int unacked() {
    return count;
  }

  private void grow() {
    long[] larger = new long[Math.max(8, ring.length * 2)];
    for (int i = 0; i < count; i++) {
      int at = (head + i) % (ring.length / 2);
      larger[i * 2] = ring[at * 2];
      larger[i * 2 + 1] = ring[at * 2 + 1];
    }
    ring = larger;
    head = 0;
  }
}
