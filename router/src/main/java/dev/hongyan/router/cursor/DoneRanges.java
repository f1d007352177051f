package dev.hongyan.router.cursor;

import java.util.ArrayList;
import java.util.List;

/**
 * Places above a floor that are done, as they are stored: {@code 12-12,15-40}; nothing for none.
 *
 * @param ranges in order, apart from each other
 */
public record DoneRanges(List<Range> ranges) {
  public static final DoneRanges NONE = new DoneRanges(List.of());

  /** From the first to the last place, both included. */
  public record Range(long from, long to) {}

  public DoneRanges {
    ranges = List.copyOf(ranges);
  }

  /** Reads the stored form; what is not of that form is left out, so it is delivered again. */
  public static DoneRanges parse(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    List<Range> out = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int comma = text.indexOf(',', at);
      int end = comma < 0 ? text.length() : comma;
      int dash = text.indexOf('-', at);
      if (dash > at && dash < end - 1) {
        try {
          out.add(
              new Range(
                  Long.parseLong(text, at, dash, 10), Long.parseLong(text, dash + 1, end, 10)));
        } catch (NumberFormatException e) {
          return new DoneRanges(out);
        }
      }
      at = end + 1;
    }
    return new DoneRanges(out);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder(ranges.size() * 12);
    for (Range r : ranges) {
      if (!out.isEmpty()) {
        out.append(',');
      }
      out.append(r.from).append('-').append(r.to);
    }
    return out.toString();
  }
}
