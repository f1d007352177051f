package dev.hongyan.wechat.crypto;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The signature that {@code wx.config} of the JS-SDK asks for (developers.weixin.qq.com, JS-SDK
 * appendix).
 */
public final class JsSdkSignature {
  private JsSdkSignature() {}

  /**
   * Signs a page.
   *
   * @param ticket the jsapi_ticket
   * @param nonce the noncestr given to the page
   * @param timestampSeconds the timestamp given to the page, seconds
   * @param url the page's address as the browser shows it; everything from {@code #} on is dropped
   * @return 40 lower-case hex digits
   */
  public static String sign(String ticket, String nonce, long timestampSeconds, String url) {
    int fragment = url.indexOf('#');
    String page = fragment < 0 ? url : url.substring(0, fragment);
    String signed =
        "jsapi_ticket="
            + ticket
            + "&noncestr="
            + nonce
            + "&timestamp="
            + timestampSeconds
            + "&url="
            + page;
    return HexFormat.of()
        .formatHex(Digests.newDigest("SHA-1").digest(signed.getBytes(StandardCharsets.UTF_8)));
  }
}
