package dev.hongyan.deploy.node;

import java.security.SecureRandom;

/** Words of lower-case letters and digits that nobody guesses. */
final class Words {
  private static final String LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

  private Words() {}

  static String of(SecureRandom random, int letters) {
    StringBuilder out = new StringBuilder(letters);
    for (int i = 0; i < letters; i++) {
      out.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return out.toString();
  }
}
