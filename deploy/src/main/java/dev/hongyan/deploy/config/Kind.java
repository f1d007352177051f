package dev.hongyan.deploy.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.tenant.secret.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a value is written.
 *
 * @param expects the end of the sentence "expected is …"
 * @param parse throws {@link IllegalArgumentException} for everything else; its message is not
 *     shown
 */
record Kind<T>(String expects, Function<String, T> parse) {
  private static final Pattern SPAN = Pattern.compile("(\\d{1,12})\\s*(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*(B|KiB|MiB|GiB)?");
  private static final Pattern SHARE = Pattern.compile("\\d(\\.\\d{1,9})?");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%-]{1,253}");
  private static final Set<String> STORES =
      Set.of("redis", "rediss", "unix", "sentinel", "sentinels", "cluster", "clusters");

  static Kind<Integer> port() {
    return new Kind<>("a port from 1 to 65535, or 0 for any free one", s -> within(s, 0, 65535));
  }

  static Kind<Integer> number(int min, int max) {
    return new Kind<>("a whole number from " + min + " to " + max, s -> within(s, min, max));
  }

  static Kind<Double> share() {
    return new Kind<>(
        "a share like 0.1, from 0 to 1",
        s -> {
          double share = Double.parseDouble(require(s, SHARE.matcher(s).matches()));
          return require(share, share <= 1);
        });
  }

  static Kind<Boolean> flag() {
    return new Kind<>(
        "true or false",
        s ->
            switch (s) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException();
            });
  }

  static Kind<String> host() {
    return new Kind<>("a host name or address", s -> require(s, HOST.matcher(s).matches()));
  }

  static Kind<Path> path() {
    return new Kind<>(
        "a path",
        s -> {
          try {
            return Path.of(s);
          } catch (InvalidPathException e) {
            throw new IllegalArgumentException(e);
          }
        });
  }

  static Kind<Duration> span(Duration min, Duration max) {
    return new Kind<>(
        "a time like 250ms, 5s, 10m, 72h or 7d, from " + text(min) + " to " + text(max),
        s -> {
          Matcher m = matched(SPAN, s);
          long n = Long.parseLong(m.group(1));
          Duration span =
              switch (m.group(2)) {
                case "ms" -> Duration.ofMillis(n);
                case "s" -> Duration.ofSeconds(n);
                case "m" -> Duration.ofMinutes(n);
                case "h" -> Duration.ofHours(n);
                default -> Duration.ofDays(Math.min(n, 1_000_000));
              };
          return require(span, span.compareTo(min) >= 0 && span.compareTo(max) <= 0);
        });
  }

  /** What fits into memory. */
  static Kind<Integer> size(int min, int max) {
    Kind<Long> wide = bytes(min, max);
    return new Kind<>(wide.expects(), s -> Math.toIntExact(wide.parse().apply(s)));
  }

  static Kind<Long> bytes(long min, long max) {
    return new Kind<>(
        "a size like 512, 64KiB or 1MiB, from " + text(min) + " to " + text(max),
        s -> {
          Matcher m = matched(SIZE, s);
          int shift =
              switch (m.group(2) == null ? "B" : m.group(2)) {
                case "KiB" -> 10;
                case "MiB" -> 20;
                case "GiB" -> 30;
                default -> 0;
              };
          long bytes = Math.multiplyExact(Long.parseLong(m.group(1)), 1L << shift);
          return require(bytes, bytes >= min && bytes <= max);
        });
  }

  static <E extends Enum<E>> Kind<E> word(Class<E> type) {
    return new Kind<>(
        "one of "
            + Stream.of(type.getEnumConstants())
                .map(e -> e.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", ")),
        s -> {
          // Upper case would make "ıNFO" and other surprises equal; ASCII words only.
          require(s, s.chars().allMatch(c -> c < 128));
          return Enum.valueOf(type, s.toUpperCase(Locale.ROOT));
        });
  }

  /** One of these, as they are written. */
  static Kind<String> oneOf(String... words) {
    return new Kind<>(
        "one of " + String.join(", ", words), s -> require(s, List.of(words).contains(s)));
  }

  static Kind<URI> url() {
    return new Kind<>("a URL like https://host or http://host:port/path", s -> http(s, false));
  }

  static Kind<List<URI>> baseUrls() {
    return new Kind<>(
        "one or more base URLs like https://host or http://host:port, without path or query",
        s -> {
          List<URI> urls = words(s).map(word -> http(word, true)).toList();
          return require(urls, !urls.isEmpty());
        });
  }

  static Kind<List<String>> hosts() {
    return new Kind<>(
        "hosts like node-a or node-a:5701",
        s -> words(s).map(w -> host().parse().apply(w)).toList());
  }

  /** Elements without a scheme belong to the address before them. */
  static Kind<List<String>> storeAddresses() {
    return new Kind<>(
        "redis://[user:password@]host[:port][/db], rediss://…, unix:///socket,"
            + " sentinel://host:port,host:port/master or cluster://host:port,host:port",
        s -> {
          List<String> addresses = new ArrayList<>();
          for (String word : words(s).toList()) {
            int scheme = word.indexOf("://");
            if (scheme < 0) {
              require(word, !addresses.isEmpty());
              addresses.add(addresses.remove(addresses.size() - 1) + "," + word);
            } else {
              boolean known = STORES.contains(word.substring(0, scheme));
              addresses.add(require(word, known && word.length() > scheme + 3));
            }
          }
          return List.copyOf(addresses);
        });
  }

  static Kind<Secret> key256() {
    return new Kind<>(
        "base64 of 32 bytes (as `openssl rand -base64 32` makes it)",
        s -> {
          byte[] bytes = Base64.getDecoder().decode(s.replace('-', '+').replace('_', '/'));
          return require(Secret.of(s), bytes.length == 32);
        });
  }

  static Kind<Secret> secret(int min) {
    return new Kind<>(
        "a secret of at least " + min + " printable characters",
        s ->
            require(
                Secret.of(s), s.length() >= min && s.chars().allMatch(c -> c > ' ' && c < 127)));
  }

  private static Stream<String> words(String list) {
    return Arrays.stream(list.split(",", -1)).map(String::strip).filter(word -> !word.isEmpty());
  }

  private static URI http(String s, boolean bare) {
    try {
      URI uri = new URI(s);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean plain = uri.getUserInfo() == null && uri.getFragment() == null;
      boolean noPath =
          uri.getQuery() == null && (uri.getPath().isEmpty() || uri.getPath().equals("/"));
      return require(uri, web && plain && uri.getHost() != null && (!bare || noPath));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static int within(String s, int min, int max) {
    int n = Integer.parseInt(s);
    return require(n, n >= min && n <= max);
  }

  private static Matcher matched(Pattern pattern, String s) {
    Matcher m = pattern.matcher(s);
    if (!m.matches()) {
      throw new IllegalArgumentException();
    }
    return m;
  }

  @CanIgnoreReturnValue
  private static <V> V require(V value, boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException();
    }
    return value;
  }

  private static String text(Duration span) {
    long ms = span.toMillis();
    if (ms % 86_400_000 == 0) {
      return ms / 86_400_000 + "d";
    }
    return ms % 3_600_000 == 0
        ? ms / 3_600_000 + "h"
        : ms % 60_000 == 0 ? ms / 60_000 + "m" : ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
  }

  private static String text(long bytes) {
    if (bytes == 0) {
      return "0";
    }
    if (bytes % (1 << 30) == 0) {
      return (bytes >> 30) + "GiB";
    }
    return bytes % (1 << 20) == 0
        ? (bytes >> 20) + "MiB"
        : bytes % (1 << 10) == 0 ? (bytes >> 10) + "KiB" : Long.toString(bytes);
  }
}
