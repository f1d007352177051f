package dev.hongyan.router.filter;

import java.util.AbstractList;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How much of an event one evaluation may look at. The event's own maps and lists count what is
 * taken out of them, so that comparing and searching large parts again and again comes to an end.
 * Counted, not timed: the same event and filter give the same verdict on a busy machine.
 */
final class Effort {
  /**
   * A member or element costs one, a text one more for every 32 characters, something missing ten:
   * it makes an exception.
   */
  private static final int MAX = 20_000;

  private static final int MISSING = 10;

  private int left = MAX;

  /** The event's own way to end an evaluation. */
  private static final class TooMuch extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooMuch() {
      super("too much work", null, false, false);
    }
  }

  void begin() {
    left = MAX;
  }

  /** Whether it came to its end, whatever the expression made of that. */
  boolean isSpent() {
    return left < 0;
  }

  Map<String, Object> counted(Map<String, Object> map) {
    return new CountedMap(map);
  }

  List<Object> counted(List<Object> list) {
    return new CountedList(list);
  }

  private void take(@Nullable Object value) {
    spend(value == null ? MISSING : value instanceof String text ? 1 + text.length() / 32 : 1);
  }

  private void spend(int cost) {
    left -= cost;
    if (left < 0) {
      left = -1;
      throw new TooMuch();
    }
  }

  private final class CountedList extends AbstractList<Object> {
    private final List<Object> list;

    CountedList(List<Object> list) {
      this.list = list;
    }

    @Override
    public Object get(int index) {
      Object element = list.get(index);
      take(element);
      return element;
    }

    @Override
    public int size() {
      return list.size();
    }
  }

  private final class CountedMap extends AbstractMap<String, Object> {
    private final Map<String, Object> map;

    CountedMap(Map<String, Object> map) {
      this.map = map;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
      Object member = map.get(key);
      take(member);
      return member;
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
      spend(1);
      return map.containsKey(key);
    }

    @Override
    public int size() {
      return map.size();
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
      return new AbstractSet<>() {
        @Override
        public Iterator<Entry<String, Object>> iterator() {
          Iterator<Entry<String, Object>> entries = map.entrySet().iterator();
          return new Iterator<>() {
            @Override
            public boolean hasNext() {
              return entries.hasNext();
            }

            @Override
            public Entry<String, Object> next() {
              Entry<String, Object> entry = entries.next();
              take(entry.getValue());
              return entry;
            }
          };
        }

        @Override
        public int size() {
          return map.size();
        }
      };
    }
  }
}
