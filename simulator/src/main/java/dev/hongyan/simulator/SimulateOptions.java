package dev.hongyan.simulator;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.api.ApiOptions;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.FlowOptions;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.SecurityMode;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code hongyan simulate} was asked to do.
 *
 * @param account whom to push to
 * @param flow how fast, how many; null for no pushes, if the API side is served
 * @param delivery how patient
 * @param seed decides about users and traffic
 * @param users how many users write
 * @param only types of pushes; empty for all
 * @param verifyUrl whether the URL verification comes first
 * @param api where the API side is served; null for not at all
 */
public record SimulateOptions(
    SimulatedAccount account,
    @Nullable FlowOptions flow,
    DeliveryOptions delivery,
    long seed,
    int users,
    Set<String> only,
    boolean verifyUrl,
    @Nullable ApiOptions api) {

  public SimulateOptions {
    if (users < 1) {
      throw new IllegalArgumentException("--users must be 1 or more, not " + users);
    }
    if (api == null && flow == null) {
      throw new IllegalArgumentException("without --api-port there is --count of 1 or more");
    }
    if (api != null && account.secret() == null) {
      throw new IllegalArgumentException("--api-port needs --secret");
    }
    only = Set.copyOf(only);
  }

  /**
   * The API side on a port of 127.0.0.1.
   *
   * @param port as typed; null for none
   */
  public static @Nullable ApiOptions api(@Nullable Integer port) {
    return port == null ? null : ApiOptions.local().withPort(port);
  }

  /**
   * Reads an account as it is given on a command line.
   *
   * @param url absolute http or https URL
   * @param kind {@code mp}, {@code mini}, {@code wecom} or {@code open}
   * @param mode {@code plain}, {@code compatible} or {@code encrypted}
   * @param format {@code xml} or {@code json}
   * @param secret AppSecret; null if the API side is not served
   * @param aesKey EncodingAESKey; null if the mode is plain
   * @param originalId the {@code gh_} id; null for one made up from the appid
   * @throws IllegalArgumentException with a sentence for the person who typed it
   */
  public static SimulatedAccount account(
      String url,
      String kind,
      String appId,
      @Nullable String originalId,
      String token,
      @Nullable String secret,
      @Nullable String aesKey,
      String mode,
      String format) {
    SimulatedAccount.Builder account =
        SimulatedAccount.builder(
                choice(Product.class, "--kind", kind), appId, token, URI.create(url))
            .mode(choice(SecurityMode.class, "--mode", mode))
            .format(choice(BodyFormat.class, "--format", format))
            .secret(secret)
            .encodingAesKey(aesKey);
    if (originalId != null) {
      account.originalId(originalId);
    }
    return account.build();
  }

  /** Reads a comma-separated list of types; null or blank means all. */
  public static Set<String> only(@Nullable String list) {
    return list == null
        ? Set.of()
        : Stream.of(list.split(",", -1))
            .map(String::strip)
            .filter(word -> !word.isEmpty())
            .collect(Collectors.toUnmodifiableSet());
  }

  private static <E extends Enum<E>> E choice(Class<E> type, String option, String word) {
    for (E value : type.getEnumConstants()) {
      if (value.name().equalsIgnoreCase(word)) {
        return value;
      }
    }
    String known =
        Stream.of(type.getEnumConstants())
            .map(value -> value.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw new IllegalArgumentException(option + " must be one of " + known + ", not " + word);
  }
}
