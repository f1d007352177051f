package dev.hongyan.token;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.wechat.crypto.JsSdkSignature;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Signs pages for {@code wx.config} of the JS-SDK (developers.weixin.qq.com, JS-SDK appendix), with
 * the jsapi ticket of the account. Thread-safe.
 */
public final class JsSdk {
  private static final int URL_MAX = 2_048;

  private final TokenService tokens;
  private final BiFunction<String, String, @Nullable String> appIds;
  private final Clock clock;
  private final Supplier<String> nonces;

  /**
   * What a page hands to {@code wx.config}.
   *
   * @param timestamp seconds
   * @param url the signed address, without its fragment
   */
  public record Signed(
      String appId, String nonceStr, long timestamp, String url, String signature) {}

  /**
   * @param appIds tenant and account to the account's appid, null when there is no such account
   * @param nonces makes a word of letters and digits that was not there before
   */
  public JsSdk(
      TokenService tokens,
      BiFunction<String, String, @Nullable String> appIds,
      Clock clock,
      Supplier<String> nonces) {
    this.tokens = tokens;
    this.appIds = appIds;
    this.clock = clock;
    this.nonces = nonces;
  }

  /**
   * Signs a page.
   *
   * @param url as the browser shows it, http or https, at most 2,048 characters; a fragment is
   *     dropped. Whether the page's domain is in the account's list only WeChat knows
   * @return fails with {@code VALIDATION}, {@code NOT_FOUND}, or the problem behind a missing
   *     ticket
   */
  public Future<Signed> sign(String tenant, String account, String url) {
    if (url.length() > URL_MAX || !(url.startsWith("https://") || url.startsWith("http://"))) {
      return Future.failedFuture(
          new ProblemException(
              Problem.VALIDATION,
              "One field is not valid",
              List.of(
                  new ProblemException.FieldError(
                      "url",
                      "must begin with http:// or https:// and have at most 2048 characters"))));
    }
    String appId = appIds.apply(tenant, account);
    if (appId == null) {
      return Future.failedFuture(Problem.NOT_FOUND.because("There is no such account"));
    }
    int fragment = url.indexOf('#');
    String page = fragment < 0 ? url : url.substring(0, fragment);
    return tokens
        .get(tenant, account, TokenKind.JSAPI)
        .compose(TokenReply::token)
        .map(
            ticket -> {
              long seconds = clock.wallMillis() / 1000;
              String nonce = nonces.get();
              return new Signed(
                  appId,
                  nonce,
                  seconds,
                  page,
                  JsSdkSignature.sign(ticket.value().reveal(), nonce, seconds, page));
            });
  }
}
