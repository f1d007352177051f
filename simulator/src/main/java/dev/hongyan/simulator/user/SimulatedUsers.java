package dev.hongyan.simulator.user;

import dev.hongyan.wechat.Product;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * The followers of an account, made from a seed. A few of them say most of it, as in life. The list
 * is immutable.
 *
 * @param all every user, the most talkative first
 */
public record SimulatedUsers(List<SimulatedUser> all) {
  /** Most users of one account. */
  public static final int COUNT_MAX = 1_000_000;

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  private static final int OPENID_LENGTH = 28;
  private static final int ACCOUNT_PREFIX_LENGTH = 6;

  public SimulatedUsers {
    if (all.isEmpty() || all.size() > COUNT_MAX) {
      throw new IllegalArgumentException("an account has 1 to " + COUNT_MAX + " users");
    }
    all = List.copyOf(all);
  }

  /**
   * Makes users up. Openids have 28 characters, and those of one account begin alike.
   *
   * @param count 1 to {@link #COUNT_MAX}
   */
  public static SimulatedUsers random(Product product, int count, RandomGenerator random) {
    if (product == Product.WECOM) {
      return new SimulatedUsers(
          IntStream.rangeClosed(1, count)
              .mapToObj(i -> new SimulatedUser("ZhangSan%05d".formatted(i)))
              .toList());
    }
    String prefix = "o" + letters(ACCOUNT_PREFIX_LENGTH - 1, random);
    return new SimulatedUsers(
        IntStream.range(0, count)
            .mapToObj(
                i -> new SimulatedUser(prefix + letters(OPENID_LENGTH - prefix.length(), random)))
            .toList());
  }

  /** Somebody; the first of the list more often than the last. */
  public SimulatedUser pick(RandomGenerator random) {
    double share = random.nextDouble();
    return all.get((int) (share * share * all.size()));
  }

  private static String letters(int count, RandomGenerator random) {
    StringBuilder out = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      out.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return out.toString();
  }
}
