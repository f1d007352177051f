package dev.hongyan.tenant;

import dev.hongyan.tenant.secret.Secret;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One WeChat account of a tenant.
 *
 * @param id our name for it, unique in its tenant; part of the webhook path
 * @param appId WeChat's {@code appid} (WeCom: {@code corpid}; Pay: {@code mchid})
 * @param secret WeChat's {@code secret}; null where no token is ever fetched
 * @param token signs plain pushes
 * @param previousToken still accepted after a rotation
 * @param encodingAesKey 43 characters; null only in plain mode
 * @param previousEncodingAesKey still decrypts after a rotation
 * @param originalId WeChat's {@code gh_…} name, the {@code ToUserName} of pushes; null when unknown
 * @param tokenMode which of WeChat's endpoints hands out its access tokens
 * @param apiPaths what the proxy lets through: paths of WeChat's API, or beginnings of them with a
 *     {@code *} at the end; empty lets everything through
 */
public record Account(
    String id,
    Kind kind,
    String appId,
    @Nullable Secret secret,
    @Nullable Secret token,
    @Nullable Secret previousToken,
    @Nullable Secret encodingAesKey,
    @Nullable Secret previousEncodingAesKey,
    Mode mode,
    @Nullable String originalId,
    TokenMode tokenMode,
    List<String> apiPaths) {

  public Account {
    apiPaths = List.copyOf(apiPaths);
  }

  /** What kind of account it is. */
  public enum Kind {
    MP,
    MINI,
    WECOM,
    OPEN,
    PAY;

    /** As written in JSON and topics. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How pushes come in. */
  public enum Mode {
    PLAIN,
    COMPATIBLE,
    ENCRYPTED;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where access tokens come from. */
  public enum TokenMode {
    /** {@code /cgi-bin/stable_token}: everybody who asks gets the same one. */
    STABLE,
    /** {@code /cgi-bin/token}: each call ends the token before. */
    CLASSIC;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
