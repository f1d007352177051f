package dev.hongyan.router.spool;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the records of a segment. What cannot be read is stepped over to the next record that
 * can, and reported; what stands at the end and was not written whole is the tail.
 */
final class SegmentScan {
  private final byte[] data;
  private final int to;
  private final long mark;
  private final boolean tail;
  private List<Range> bad = new ArrayList<>(0);
  private int at;
  private boolean torn;

  /** Bytes {@code from} inclusive to {@code to} exclusive. */
  record Range(int from, int to) {}

  /**
   * @param tail whether a record at the end may be one that was not written whole; otherwise it is
   *     reported with what cannot be read
   */
  SegmentScan(byte[] data, long mark, boolean tail) {
    this.tail = tail;
    this.data = data;
    this.to = data.length;
    this.mark = mark;
  }

  /** The next record that can be read; null at the end. */
  @Nullable Spooled next() {
    while (at < to) {
      int length = RecordFormat.bodyLength(data, at, to, mark);
      if (length >= 0) {
        Spooled read = RecordFormat.decode(data, at, length);
        int begin = at;
        at += RecordFormat.HEAD_BYTES + length;
        if (read != null) {
          return read;
        }
        bad.add(new Range(begin, at));
      } else {
        int further = findRecord(at + 1);
        if (tail && further < 0 && RecordFormat.isTorn(data, at, to, mark)) {
          torn = true;
          return null;
        }
        bad.add(new Range(at, further < 0 ? to : further));
        at = further < 0 ? to : further;
      }
    }
    return null;
  }

  /** Up to where everything was read or reported; behind it is only a torn tail. */
  int at() {
    return at;
  }

  /** After {@link #next} gave null: whether a record at {@link #at} was not written whole. */
  boolean isTorn() {
    return torn;
  }

  /** What could not be read since this was last asked. */
  List<Range> takeBad() {
    List<Range> taken = bad;
    bad = new ArrayList<>(0);
    return taken;
  }

  byte[] data() {
    return data;
  }

  private int findRecord(int from) {
    byte first = (byte) (mark >>> 56);
    for (int i = from; i <= to - RecordFormat.HEAD_BYTES; i++) {
      if (data[i] == first && RecordFormat.bodyLength(data, i, to, mark) >= 0) {
        return i;
      }
    }
    return -1;
  }
}
