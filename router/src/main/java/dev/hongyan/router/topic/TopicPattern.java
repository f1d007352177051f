package dev.hongyan.router.topic;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscription's pattern: words as in a topic, where {@code *} stands for exactly one word and
 * {@code #} for any number, none included. Matching ignores ASCII case, because WeChat's own
 * spelling is not consistent.
 */
public final class TopicPattern {
  private final String text;
  private final String[] words;

  private TopicPattern(String text) {
    this.text = text;
    this.words = Topics.words(text);
  }

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException when it is not one; the message says why
   */
  public static TopicPattern parse(String text) {
    String problem = Topics.problem(text, true);
    if (problem != null) {
      throw new IllegalArgumentException("pattern " + problem);
    }
    return new TopicPattern(text);
  }

  /** Says what is wrong with {@code text} as a pattern, or null when nothing is. */
  public static @Nullable String problemWith(String text) {
    return Topics.problem(text, true);
  }

  /** Whether this pattern takes {@code topic}. For many patterns at once use {@link TopicTrie}. */
  public boolean matches(String topic) {
    return take(Topics.words(topic), false);
  }

  /**
   * Whether everything that {@code other} can match is matched by this pattern too: how a token's
   * patterns bound what a client may subscribe to. A yes is certain. A no may be wrong where the
   * two say the same in different ways ({@code #.*} and {@code *.#}): compared is piece by piece.
   */
  public boolean covers(TopicPattern other) {
    return take(other.words, true);
  }

  /** Whether any of {@code granted} covers {@code wanted}. */
  public static boolean anyCovers(List<TopicPattern> granted, TopicPattern wanted) {
    for (TopicPattern g : granted) {
      if (g.covers(wanted)) {
        return true;
      }
    }
    return false;
  }

  String[] words() {
    return words;
  }

  /**
   * Greedy match that on failure goes back only to the last {@code #}, as in glob matching: at most
   * 32 × 32 steps. A {@code #} here takes any words there, a {@code *} any single one (of a
   * pattern: not its {@code #}), a plain word only itself.
   */
  private boolean take(String[] other, boolean wildcardsThere) {
    int p = 0;
    int t = 0;
    int hashAt = -1;
    int resumeAt = 0;
    while (t < other.length) {
      if (p < words.length && words[p].equals("#")) {
        hashAt = p++;
        resumeAt = t;
      } else if (p < words.length && takesWord(words[p], other[t], wildcardsThere)) {
        p++;
        t++;
      } else if (hashAt >= 0) {
        p = hashAt + 1;
        t = ++resumeAt;
      } else {
        return false;
      }
    }
    while (p < words.length && words[p].equals("#")) {
      p++;
    }
    return p == words.length;
  }

  private static boolean takesWord(String mine, String theirs, boolean wildcardsThere) {
    return mine.equals("*") ? !(wildcardsThere && theirs.equals("#")) : mine.equals(theirs);
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof TopicPattern other && Arrays.equals(words, other.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }

  /** The pattern as it was given. */
  @Override
  public String toString() {
    return text;
  }
}
