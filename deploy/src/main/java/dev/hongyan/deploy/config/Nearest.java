package dev.hongyan.deploy.config;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Which key somebody meant who mistyped one. */
final class Nearest {
  private Nearest() {}

  /** {@code HONGYAN_HTTP_PRT} as {@code http.prt}, near enough to compare. */
  static String plain(String variable) {
    return variable.substring(Keys.PREFIX.length()).replace('_', '.');
  }

  static Optional<Key<?>> to(String name) {
    String wanted = bare(name);
    if (wanted.length() > 40) {
      return Optional.empty();
    }
    return Keys.all().stream()
        .<Key<?>>map(key -> key)
        .min(Comparator.comparingInt(key -> distance(bare(key.name()), wanted)))
        .filter(key -> distance(bare(key.name()), wanted) <= Math.max(1, wanted.length() / 4));
  }

  private static String bare(String name) {
    return name.replace(".", "").replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
  }

  /** Levenshtein: letters to add, drop or change. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
