package dev.hongyan.bench.small;

import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.router.topic.TopicTrie;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Who gets a message: one pattern, and the routes of a tenant that has a thousand.
 *
 * <pre>bin/bench jmh TopicMatch</pre>
 */
@State(Scope.Thread)
public class TopicMatch {
  private static final int ROUTES = 1_000;

  /** More than are remembered. */
  private static final int TOPICS = 1 << 16;

  private final TopicPattern pattern = TopicPattern.parse("wx.mp.event.SCAN.#");
  private final TopicTrie<Integer> trie = new TopicTrie<>();
  private final String[] topics = new String[TOPICS];
  private int next;
  private final String topic = "wx.mp.event.SCAN.promo_500";

  @Setup
  public void add() {
    for (int i = 0; i < ROUTES; i++) {
      trie.add(TopicPattern.parse("wx.mp.event.SCAN.promo_" + i), i);
    }
    trie.add(TopicPattern.parse("wx.mp.#"), ROUTES);
    trie.add(TopicPattern.parse("wx.*.event.*.#"), ROUTES + 1);
    trie.add(TopicPattern.parse("app.#"), ROUTES + 2);
    for (int i = 0; i < TOPICS; i++) {
      topics[i] = "wx.mp.event.SCAN.customer_" + i;
    }
    if (trie.match(topic).size() != 3) {
      throw new IllegalStateException("three of them match");
    }
  }

  @Benchmark
  public boolean topicMatch() {
    return pattern.matches(topic);
  }

  @Benchmark
  public List<Integer> topicMatchOf1000Routes() {
    return trie.match(topic);
  }

  /** Of topics that were not seen lately. */
  @Benchmark
  public List<Integer> topicMatchOf1000RoutesAnew() {
    next = (next + 1) & (TOPICS - 1);
    return trie.match(topics[next]);
  }
}
