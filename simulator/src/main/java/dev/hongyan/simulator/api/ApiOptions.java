package dev.hongyan.simulator.api;

import java.time.Duration;

/**
 * Where the API side listens and what it is like.
 *
 * @param host address to listen on; the admin endpoint asks for no password, so nothing but
 *     loopback is a good idea
 * @param port 0 for any that is free
 * @param tokenLife how long tokens and tickets are valid; WeChat's is 7200 s
 * @param overlap how long a replaced token lives on; WeChat's is up to 5 minutes
 * @param mediaBytesMax how much temporary media is kept
 */
public record ApiOptions(
    String host, int port, Duration tokenLife, Duration overlap, long mediaBytesMax) {

  public ApiOptions {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("a port is 0 to 65535, not " + port);
    }
    if (tokenLife.toMillis() < 1 || overlap.isNegative() || overlap.compareTo(tokenLife) >= 0) {
      throw new IllegalArgumentException("a token lives longer than the overlap");
    }
    if (mediaBytesMax < 0) {
      throw new IllegalArgumentException("bytes are 0 or more");
    }
  }

  /** WeChat's own times, on a free port of 127.0.0.1, with up to 128 MiB of media. */
  public static ApiOptions local() {
    return new ApiOptions(
        "127.0.0.1", 0, Duration.ofHours(2), Duration.ofMinutes(5), 128L * 1024 * 1024);
  }

  /** The same on another port. */
  public ApiOptions withPort(int newPort) {
    return new ApiOptions(host, newPort, tokenLife, overlap, mediaBytesMax);
  }

  /** The same on another address. */
  public ApiOptions withHost(String newHost) {
    return new ApiOptions(newHost, port, tokenLife, overlap, mediaBytesMax);
  }

  /** The same with other lives of tokens. */
  public ApiOptions withTokens(Duration newTokenLife, Duration newOverlap) {
    return new ApiOptions(host, port, newTokenLife, newOverlap, mediaBytesMax);
  }
}
