package dev.hongyan.router.topic;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Many patterns at once. A topic is matched by walking the trie with a set of states, so the cost
 * is bounded by words × states whatever the patterns are; results are remembered per topic (at most
 * 1,024) until a pattern comes or goes. Each value is reported once, also when several of its
 * patterns match. For one thread.
 */
public final class TopicTrie<T> {
  static final int REMEMBERED_TOPICS = 1024;

  private final Node<T> root = new Node<>();
  private final Map<String, List<T>> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, List<T>> eldest) {
          return size() > REMEMBERED_TOPICS;
        }
      };
  private int size;

  /** Adds {@code value} under {@code pattern}; the same pair twice counts twice. */
  public void add(TopicPattern pattern, T value) {
    Node<T> node = root;
    for (String word : pattern.words()) {
      node = node.children.computeIfAbsent(word, w -> new Node<>());
    }
    node.values.merge(value, 1, Integer::sum);
    size++;
    forget();
  }

  /** Takes one such pair out; false when there was none. */
  @CanIgnoreReturnValue
  public boolean remove(TopicPattern pattern, T value) {
    boolean removed = remove(root, pattern.words(), 0, value);
    if (removed) {
      size--;
      forget();
    }
    return removed;
  }

  private void forget() {
    if (!remembered.isEmpty()) { // clearing costs its table, and patterns come by the thousand
      remembered.clear();
    }
  }

  /** The values whose patterns take {@code topic}; a shared list, not to be changed. */
  public List<T> match(String topic) {
    List<T> known = remembered.get(topic);
    if (known == null) {
      known = walk(Topics.words(topic));
      remembered.put(topic, known);
    }
    return known;
  }

  /** How many topics are remembered. */
  int remembered() {
    return remembered.size();
  }

  /** How many pairs are held. */
  public int size() {
    return size;
  }

  private List<T> walk(String[] words) {
    Map<Node<T>, Boolean> states = new IdentityHashMap<>();
    enter(root, states);
    for (String word : words) {
      Map<Node<T>, Boolean> next = new IdentityHashMap<>();
      for (Map.Entry<Node<T>, Boolean> e : states.entrySet()) {
        Node<T> node = e.getKey();
        if (e.getValue()) {
          enterHash(node, next);
        }
        enterIfPresent(node.children.get(word), next);
        enterIfPresent(node.children.get("*"), next);
      }
      if (next.isEmpty()) {
        return List.of();
      }
      states = next;
    }
    Set<T> out = new LinkedHashSet<>();
    for (Node<T> node : states.keySet()) {
      out.addAll(node.values.keySet());
    }
    return List.copyOf(out);
  }

  private static <T> void enterIfPresent(@Nullable Node<T> node, Map<Node<T>, Boolean> states) {
    if (node != null) {
      enter(node, states);
    }
  }

  /** A state whose value is true stays where it is on any word: it is a {@code #}. */
  private static <T> void enter(Node<T> node, Map<Node<T>, Boolean> states) {
    states.putIfAbsent(node, false);
    Node<T> hash = node.children.get("#");
    if (hash != null && !Boolean.TRUE.equals(states.get(hash))) {
      enterHash(hash, states);
    }
  }

  private static <T> void enterHash(Node<T> hash, Map<Node<T>, Boolean> states) {
    if (!Boolean.TRUE.equals(states.put(hash, true))) {
      Node<T> inner = hash.children.get("#");
      if (inner != null) {
        enterHash(inner, states);
      }
    }
  }

  private static <T> boolean remove(Node<T> node, String[] words, int depth, T value) {
    if (depth == words.length) {
      boolean there = node.values.containsKey(value);
      node.values.computeIfPresent(value, (v, times) -> times == 1 ? null : times - 1);
      return there;
    }
    Node<T> child = node.children.get(words[depth]);
    if (child == null || !remove(child, words, depth + 1, value)) {
      return false;
    }
    if (child.values.isEmpty() && child.children.isEmpty()) {
      node.children.remove(words[depth]);
    }
    return true;
  }

  private static final class Node<T> {
    final Map<String, Node<T>> children = new HashMap<>(4);

    /** How often each was added. A map, so that leaving does not look at all who are there. */
    final Map<T, Integer> values = new LinkedHashMap<>(2);
  }
}
