package dev.hongyan.router.topic;

import org.jspecify.annotations.Nullable;

/** The grammar of topics. A topic is 1 to 32 words joined by dots, at most 512 characters. */
public final class Topics {
  static final int MAX_WORDS = 32;
  static final int MAX_LENGTH = 512;

  private Topics() {}

  /** Says what is wrong with {@code topic}, or null when it is one. */
  public static @Nullable String problemWith(String topic) {
    return problem(topic, false);
  }

  static @Nullable String problem(String text, boolean pattern) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      return "must have 1 to " + MAX_LENGTH + " characters";
    }
    int words = 1;
    int wordStart = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? '.' : text.charAt(i);
      if (c == '.') {
        if (i == wordStart) {
          return "has an empty word";
        }
        if (pattern && i - wordStart > 1 && hasWildcard(text, wordStart, i)) {
          return "uses * or # inside a word";
        }
        wordStart = i + 1;
        if (i < text.length() && ++words > MAX_WORDS) {
          return "has more than " + MAX_WORDS + " words";
        }
      } else if (c <= ' ' || c == 0x7f || Character.isWhitespace(c)) {
        return "has white space or a control character";
      } else if (!pattern && (c == '*' || c == '#')) {
        return "has a wildcard";
      }
    }
    return null;
  }

  private static boolean hasWildcard(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) == '*' || text.charAt(i) == '#') {
        return true;
      }
    }
    return false;
  }

  /** ASCII lower case; other letters stay as they are, as matching promises. */
  static String fold(String text) {
    char[] folded = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        if (folded == null) {
          folded = text.toCharArray();
        }
        folded[i] = (char) (c + ('a' - 'A'));
      }
    }
    return folded == null ? text : new String(folded);
  }

  /** The folded words of a topic or pattern that is known to be well formed. */
  static String[] words(String text) {
    int n = 1;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '.') {
        n++;
      }
    }
    String folded = fold(text);
    String[] words = new String[n];
    int start = 0;
    for (int i = 0; i < n; i++) {
      int end = folded.indexOf('.', start);
      words[i] = folded.substring(start, end < 0 ? folded.length() : end);
      start = end + 1;
    }
    return words;
  }
}
