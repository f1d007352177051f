package dev.hongyan.router.cursor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a shared name has got to above its floor, as it is stored: {@code 12-12,15-40/41*2,43*1},
 * done places and then failed deliveries; nothing for none.
 *
 * @param done places that are done, in order, apart from each other
 * @param tried how often delivering a place came to nothing
 */
public record Progress(List<Range> done, Map<Long, Integer> tried) {
  public static final Progress NONE = new Progress(List.of(), Map.of());

  /** From the first to the last place, both included. */
  public record Range(long from, long to) {}

  public Progress {
    done = List.copyOf(done);
    tried = Map.copyOf(tried);
  }

  /** How many places above {@code floor} are done. */
  public long doneAbove(long floor) {
    long n = 0;
    for (Range r : done) {
      n += Math.max(0, r.to - Math.max(r.from - 1, floor));
    }
    return n;
  }

  /** Reads the stored form; what is not of that form is left out, so it is delivered again. */
  public static Progress parse(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    int slash = text.indexOf('/');
    List<Range> done = new ArrayList<>();
    Map<Long, Integer> tried = new TreeMap<>();
    try {
      for (String range : split(slash < 0 ? text : text.substring(0, slash))) {
        int dash = range.indexOf('-');
        done.add(
            new Range(
                Long.parseLong(range.substring(0, dash)),
                Long.parseLong(range.substring(dash + 1))));
      }
      for (String count : split(slash < 0 ? "" : text.substring(slash + 1))) {
        int star = count.indexOf('*');
        tried.put(
            Long.parseLong(count.substring(0, star)), Integer.parseInt(count.substring(star + 1)));
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      return new Progress(done, tried);
    }
    return new Progress(done, tried);
  }

  private static String[] split(String list) {
    return list.isEmpty() ? new String[0] : list.split(",", -1);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder(done.size() * 12 + tried.size() * 8);
    for (Range r : done) {
      if (!out.isEmpty()) {
        out.append(',');
      }
      out.append(r.from).append('-').append(r.to);
    }
    char separator = '/';
    for (Map.Entry<Long, Integer> t : new TreeMap<>(tried).entrySet()) {
      out.append(separator).append(t.getKey()).append('*').append(t.getValue());
      separator = ',';
    }
    return out.toString();
  }
}
