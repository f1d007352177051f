package dev.hongyan.router.log;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One message of a tenant's log. Immutable and shared by reference between all receivers in this
 * JVM; its bytes are encoded once.
 */
public final class LogEntry {
  private static final byte[] LINE_OPEN =
      "{\"op\":\"msg\",\"cursor\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LINE_DEADLINE =
      "\",\"deadline\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LINE_EVENT = "\",\"event\":".getBytes(StandardCharsets.US_ASCII);

  private final String tenant;
  private final String epoch;
  private final long seq;
  private final EntryHeader header;
  private final byte[] event;
  private volatile byte @Nullable [] line;

  public LogEntry(String tenant, String epoch, long seq, EntryHeader header, byte[] event) {
    this.tenant = tenant;
    this.epoch = epoch;
    this.seq = seq;
    this.header = header;
    this.event = event;
  }

  public String tenant() {
    return tenant;
  }

  /** The life of the log in which {@link #seq} counts. */
  public String epoch() {
    return epoch;
  }

  /** Place in the log: 1, 2, 3 … without holes. */
  public long seq() {
    return seq;
  }

  public EntryHeader header() {
    return header;
  }

  public String topic() {
    return header.topic();
  }

  /** The CloudEvent, UTF-8 JSON. Not to be changed. */
  public byte[] event() {
    return event;
  }

  /**
   * The {@code msg} object of the WebSocket protocol, without a line end: the same bytes for every
   * receiver.
   */
  public byte[] line() {
    byte[] known = line;
    if (known == null) {
      known = makeLine(LINE_OPEN);
      line = known;
    }
    return known;
  }

  /** About how many bytes of memory this holds at most: the event, its line and the rest. */
  public int weight() {
    return 2 * event.length + 400;
  }

  /** The same, said to be the {@code attempt}th delivery; made anew unless that is the first. */
  public byte[] line(int attempt) {
    return attempt <= 1
        ? line()
        : makeLine(
            ("{\"op\":\"msg\",\"attempt\":" + attempt + ",\"cursor\":\"")
                .getBytes(StandardCharsets.US_ASCII));
  }

  private byte[] makeLine(byte[] open) {
    byte[] cursor = (epoch + ":" + seq).getBytes(StandardCharsets.US_ASCII);
    byte[] deadline =
        header.deadlineMillis() == 0
            ? null
            : Instant.ofEpochMilli(header.deadlineMillis())
                .toString()
                .getBytes(StandardCharsets.US_ASCII);
    int length = open.length + cursor.length + LINE_EVENT.length + event.length + 1;
    if (deadline != null) {
      length += LINE_DEADLINE.length + deadline.length;
    }
    byte[] out = new byte[length];
    int n = put(open, out, 0);
    n = put(cursor, out, n);
    if (deadline != null) {
      n = put(LINE_DEADLINE, out, n);
      n = put(deadline, out, n);
    }
    n = put(LINE_EVENT, out, n);
    n = put(event, out, n);
    out[n] = '}';
    return out;
  }

  private static int put(byte[] from, byte[] to, int at) {
    System.arraycopy(from, 0, to, at, from.length);
    return at + from.length;
  }

  /** Names the entry, never its contents. */
  @Override
  public String toString() {
    return tenant + "@" + epoch + ":" + seq;
  }
}
