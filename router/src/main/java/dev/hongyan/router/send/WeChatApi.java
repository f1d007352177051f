package dev.hongyan.router.send;

import dev.hongyan.token.TokenService;
import dev.hongyan.token.fetch.Host;
import java.time.Duration;
import java.util.List;

/**
 * How sends reach WeChat.
 *
 * @param hosts in order; only these are called
 * @param connectWithin per host
 * @param answerWithin per host, from the call to the last byte of the answer
 * @param returnAfter how long a host that failed is left out
 */
public record WeChatApi(
    TokenService tokens,
    SendQuota quota,
    List<Host> hosts,
    Duration connectWithin,
    Duration answerWithin,
    Duration returnAfter) {
  public WeChatApi {
    hosts = List.copyOf(hosts);
  }

  /** With 1 s to connect, 10 s to answer and a minute of rest for a host that failed. */
  public static WeChatApi of(TokenService tokens, SendQuota quota, List<Host> hosts) {
    return new WeChatApi(
        tokens, quota, hosts, Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMinutes(1));
  }
}
