package dev.hongyan.gateway.proxy;

import dev.hongyan.token.fetch.Host;
import java.time.Duration;
import java.util.List;

/**
 * How the proxy speaks to WeChat.
 *
 * @param hosts in order; only these are ever called
 * @param connectWithin per host; default 1 s
 * @param answerWithin per host, from the last byte of the request to the beginning of the answer
 *     (all of it, where it is small); default 10 s, for some of WeChat's calls are slow
 * @param returnAfter how long a host that failed is left out; default 1 min
 * @param failuresMax so many calls of a tenant and API family that fail in a row open its breaker;
 *     default 5
 * @param openFor for how long, until one call may try; default 30 s
 */
public record ProxyOptions(
    List<Host> hosts,
    Duration connectWithin,
    Duration answerWithin,
    Duration returnAfter,
    int failuresMax,
    Duration openFor) {
  public ProxyOptions {
    hosts = List.copyOf(hosts);
  }

  /** The defaults, for these hosts. */
  public static ProxyOptions of(List<Host> hosts) {
    return new ProxyOptions(
        hosts,
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        Duration.ofMinutes(1),
        5,
        Duration.ofSeconds(30));
  }
}
