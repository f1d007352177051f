package dev.hongyan.router.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TopicTest {

  /** What a pattern means, by its definition and without any cleverness. */
  static boolean plainly(List<String> pattern, List<String> topic) {
    if (pattern.isEmpty()) {
      return topic.isEmpty();
    }
    List<String> rest = pattern.subList(1, pattern.size());
    if (pattern.get(0).equals("#")) {
      for (int skip = 0; skip <= topic.size(); skip++) {
        if (plainly(rest, topic.subList(skip, topic.size()))) {
          return true;
        }
      }
      return false;
    }
    return !topic.isEmpty()
        && (pattern.get(0).equals("*") || pattern.get(0).equalsIgnoreCase(topic.get(0)))
        && plainly(rest, topic.subList(1, topic.size()));
  }

  static TopicPattern pattern(List<String> words) {
    return TopicPattern.parse(String.join(".", words));
  }

  // A small alphabet, so that random patterns and topics meet often.
  @Provide
  Arbitrary<List<String>> patterns() {
    return Arbitraries.of("a", "b", "A", "*", "#", "#").list().ofMinSize(1).ofMaxSize(6);
  }

  @Provide
  Arbitrary<List<String>> topics() {
    return Arbitraries.of("a", "b", "B", "c").list().ofMinSize(1).ofMaxSize(7);
  }

  @Property(tries = 5000)
  void aPatternMatchesWhatItsDefinitionSays(
      @ForAll("patterns") List<String> pattern, @ForAll("topics") List<String> topic) {
    assertThat(pattern(pattern).matches(String.join(".", topic)))
        .isEqualTo(plainly(pattern, topic));
  }

  @Property(tries = 2000)
  void whatACoveringPatternGrantsIncludesAllTheOtherMatches(
      @ForAll("patterns") List<String> wide,
      @ForAll("patterns") List<String> narrow,
      @ForAll("topics") List<String> topic) {
    Assume.that(plainly(narrow, topic));
    if (pattern(wide).covers(pattern(narrow))) {
      assertThat(plainly(wide, topic)).isTrue();
    }
  }

  @Property(tries = 2000)
  void coveringAPlainTopicIsMatchingIt(
      @ForAll("patterns") List<String> pattern, @ForAll("topics") List<String> topic) {
    assertThat(pattern(pattern).covers(pattern(topic))).isEqualTo(plainly(pattern, topic));
  }

  @Property(tries = 300)
  void everyPatternCoversItselfAndHashCoversEveryPattern(@ForAll("patterns") List<String> p) {
    assertThat(pattern(p).covers(pattern(p))).isTrue();
    assertThat(TopicPattern.parse("#").covers(pattern(p))).isTrue();
  }

  @Example
  void aGrantBoundsWhatMayBeSubscribed() {
    TopicPattern grant = TopicPattern.parse("wx.mp.#");
    assertThat(grant.covers(TopicPattern.parse("wx.mp.message.*"))).isTrue();
    assertThat(grant.covers(TopicPattern.parse("WX.MP"))).isTrue();
    assertThat(grant.covers(TopicPattern.parse("wx.#"))).isFalse();
    assertThat(grant.covers(TopicPattern.parse("wx.*.message"))).isFalse();
    assertThat(grant.covers(TopicPattern.parse("#"))).isFalse();
    assertThat(TopicPattern.parse("wx.*").covers(TopicPattern.parse("wx.#"))).isFalse();
    assertThat(TopicPattern.anyCovers(List.of(), grant)).isFalse();
    assertThat(
            TopicPattern.anyCovers(
                List.of(TopicPattern.parse("app.#"), grant), TopicPattern.parse("wx.mp.event")))
        .isTrue();
  }

  @Property(tries = 1000)
  void theTrieFindsWhatEachPatternAloneFindsAlsoAfterRemovals(
      @ForAll("manyPatterns") List<List<String>> patterns,
      @ForAll("manyTopics") List<List<String>> topics) {
    TopicTrie<Integer> trie = new TopicTrie<>();
    Map<Integer, List<String>> held = new LinkedHashMap<>();
    for (int i = 0; i < patterns.size(); i++) {
      trie.add(pattern(patterns.get(i)), i);
      held.put(i, patterns.get(i));
    }
    for (int i = 0; i <= patterns.size(); i++) {
      assertThat(trie.size()).isEqualTo(held.size());
      for (List<String> topic : topics) {
        List<Integer> expected = new ArrayList<>();
        held.forEach(
            (value, p) -> {
              if (plainly(p, topic)) {
                expected.add(value);
              }
            });
        assertThat(trie.match(String.join(".", topic)))
            .containsExactlyInAnyOrderElementsOf(expected);
      }
      if (i < patterns.size()) {
        assertThat(trie.remove(pattern(patterns.get(i)), i)).isTrue();
        assertThat(trie.remove(pattern(patterns.get(i)), i)).isFalse();
        held.remove(i);
      }
    }
  }

  @Provide
  Arbitrary<List<List<String>>> manyPatterns() {
    return patterns().list().ofMaxSize(8);
  }

  @Provide
  Arbitrary<List<List<String>>> manyTopics() {
    return topics().list().ofMinSize(1).ofMaxSize(4);
  }

  @Example
  void aValueWithSeveralMatchingPatternsIsFoundOnce() {
    TopicTrie<String> trie = new TopicTrie<>();
    for (String p : List.of("#", "a.*", "a.b", "a.#", "a.#.b", "#.#")) {
      trie.add(TopicPattern.parse(p), "one");
    }
    trie.add(TopicPattern.parse("*.b"), "two");
    assertThat(trie.match("a.B")).containsExactlyInAnyOrder("one", "two");
  }

  @Example
  void theSamePairTwiceMustBeRemovedTwice() {
    TopicTrie<String> trie = new TopicTrie<>();
    trie.add(TopicPattern.parse("a"), "v");
    trie.add(TopicPattern.parse("A"), "v");
    trie.remove(TopicPattern.parse("a"), "v");
    assertThat(trie.match("a")).containsExactly("v");
    trie.remove(TopicPattern.parse("a"), "v");
    assertThat(trie.match("a")).isEmpty();
    assertThat(trie.size()).isZero();
  }

  @Example
  void rememberedTopicsAreBoundedAndForgottenWhenPatternsChange() {
    TopicTrie<String> trie = new TopicTrie<>();
    trie.add(TopicPattern.parse("t.#"), "all");
    for (int i = 0; i < TopicTrie.REMEMBERED_TOPICS * 2; i++) {
      assertThat(trie.match("t." + i)).containsExactly("all");
    }
    assertThat(trie.remembered()).isEqualTo(TopicTrie.REMEMBERED_TOPICS);
    trie.add(TopicPattern.parse("t.*"), "late");
    assertThat(trie.match("t.2000")).containsExactlyInAnyOrder("all", "late");
    trie.remove(TopicPattern.parse("t.#"), "all");
    assertThat(trie.match("t.2000")).containsExactly("late");
  }

  @Example
  void manyHashesStayCheap() {
    // Backtracking would need more steps than there is time for.
    String hashes = "#.a.".repeat(15) + "#.b";
    String topic = "a.".repeat(31) + "a";
    TopicTrie<String> trie = new TopicTrie<>();
    trie.add(TopicPattern.parse(hashes), "x");
    assertThat(TopicPattern.parse(hashes).matches(topic)).isFalse();
    assertThat(trie.match(topic)).isEmpty();
    assertThat(trie.match(topic.substring(2) + ".b")).containsExactly("x");
  }

  @Example
  void onlyAsciiCaseIsIgnored() {
    assertThat(TopicPattern.parse("WX.Event.scan").matches("wx.event.SCAN")).isTrue();
    assertThat(TopicPattern.parse("ä").matches("Ä")).isFalse();
    assertThat(TopicPattern.parse("i").matches("İ")).isFalse();
    assertThat(TopicPattern.parse("k").matches("\u212a")).isFalse(); // the Kelvin sign
    assertThat(TopicPattern.parse("WX.A")).isEqualTo(TopicPattern.parse("wx.a"));
    assertThat(TopicPattern.parse("WX.A")).hasToString("WX.A");
  }

  @Example
  void whatIsNoTopicOrPatternIsSaidWhy() {
    assertThat(Topics.problemWith("wx.mp.event.SCAN.推广_2024%2E")).isNull();
    assertThat(Topics.problemWith("")).isEqualTo("must have 1 to 512 characters");
    assertThat(Topics.problemWith("a".repeat(512))).isNull();
    assertThat(Topics.problemWith("a".repeat(513))).isEqualTo("must have 1 to 512 characters");
    for (String empty : List.of(".", "a.", ".a", "a..b")) {
      assertThat(Topics.problemWith(empty)).as(empty).isEqualTo("has an empty word");
    }
    assertThat(Topics.problemWith("a" + ".a".repeat(31))).isNull();
    assertThat(Topics.problemWith("a" + ".a".repeat(32))).isEqualTo("has more than 32 words");
    for (String blank : List.of("a b", "a\tb", "a\n", "\u0000", "a\u007f", "a\u2028b", "\u3000")) {
      assertThat(Topics.problemWith(blank)).isEqualTo("has white space or a control character");
      assertThat(TopicPattern.problemWith(blank))
          .isEqualTo("has white space or a control character");
    }
    assertThat(Topics.problemWith("a.*")).isEqualTo("has a wildcard");
    assertThat(Topics.problemWith("a#")).isEqualTo("has a wildcard");
    assertThat(TopicPattern.problemWith("*.#")).isNull();
    for (String inside : List.of("a*", "*a.b", "a.##", "a.b#c")) {
      assertThat(TopicPattern.problemWith(inside)).isEqualTo("uses * or # inside a word");
    }
    assertThatThrownBy(() -> TopicPattern.parse("a..b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pattern has an empty word");
  }
}
