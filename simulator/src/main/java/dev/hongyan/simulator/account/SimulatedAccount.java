package dev.hongyan.simulator.account;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.SecurityMode;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * One account with its message push settings and its secret, as its owner saved them at WeChat.
 * Immutable; never shows its secrets.
 */
public final class SimulatedAccount {
  private final URI callback;
  private final String originalId;
  private final String token;
  private final @Nullable String secret;
  private final @Nullable EncodingAesKey key;
  private final BodyFormat format;
  private final @Nullable String agentId;
  private final PushAccount settings;

  private SimulatedAccount(Builder from) {
    this.callback = from.callback;
    this.originalId = from.originalId;
    this.token = from.token;
    this.secret = from.secret;
    this.key = from.key;
    this.format = from.format;
    this.agentId = from.agentId;
    this.settings =
        PushAccount.builder(from.product, from.appId, from.token)
            .key(from.key)
            .mode(from.mode)
            .build();
    if (settings.mode() != SecurityMode.PLAIN && key == null) {
      throw new IllegalArgumentException(
          "mode " + settings.mode() + " needs an EncodingAESKey, account " + from.appId);
    }
    if (format == BodyFormat.JSON && from.product != Product.MINI) {
      throw new IllegalArgumentException("only mini programs are pushed to in JSON");
    }
  }

  /**
   * Starts an account.
   *
   * @param product {@code MP}, {@code MINI}, {@code WECOM} or {@code OPEN}
   * @param appId appid, corpid or component appid
   * @param token the token of the push settings
   * @param callback absolute {@code http} or {@code https} URL without query
   * @throws IllegalArgumentException if the callback is no such URL or a setting is impossible
   */
  public static Builder builder(Product product, String appId, String token, URI callback) {
    return new Builder(product, appId, token, callback);
  }

  /** The account's product. */
  public Product product() {
    return settings.product();
  }

  /** Appid, corpid or component appid. */
  public String appId() {
    return settings.appId();
  }

  /** {@code ToUserName} of its pushes: the {@code gh_} id; the corpid for WeCom. */
  public String originalId() {
    return originalId;
  }

  /** Where it is pushed to. */
  public URI callback() {
    return callback;
  }

  /** How inner documents are written. */
  public BodyFormat format() {
    return format;
  }

  /** {@code AgentID} of a WeCom app; null for all others. */
  public @Nullable String agentId() {
    return agentId;
  }

  /** What signs. A secret. */
  public String token() {
    return token;
  }

  /** The AppSecret, with which the API side is asked for tokens; null if it never is. A secret. */
  public @Nullable String secret() {
    return secret;
  }

  /** What encrypts; null in plain mode without one. A secret. */
  public @Nullable EncodingAesKey key() {
    return key;
  }

  /** The same settings as the protocol classes want them. */
  public PushAccount settings() {
    return settings;
  }

  @Override
  public String toString() {
    return "SimulatedAccount[" + product() + ", " + appId() + ", " + settings.mode() + ']';
  }

  /** Collects an account's settings. */
  public static final class Builder {
    private final Product product;
    private final String appId;
    private final String token;
    private final URI callback;
    private String originalId;
    private SecurityMode mode = SecurityMode.ENCRYPTED;
    private BodyFormat format = BodyFormat.XML;
    private @Nullable EncodingAesKey key;
    private @Nullable String secret;
    private @Nullable String agentId;

    private Builder(Product product, String appId, String token, URI callback) {
      String scheme = callback.getScheme();
      boolean web = "http".equals(scheme) || "https".equals(scheme);
      if (!web || callback.getHost() == null || callback.getRawQuery() != null) {
        throw new IllegalArgumentException(
            "a callback is an absolute http or https URL without query, not " + callback);
      }
      this.product = product;
      this.appId = appId;
      this.token = token;
      this.callback = callback;
      this.originalId = product == Product.WECOM ? appId : originalIdOf(appId);
    }

    /** Default: made up from the appid (WeCom: the corpid). */
    @CanIgnoreReturnValue
    public Builder originalId(String value) {
      this.originalId = value;
      return this;
    }

    /** Default {@link SecurityMode#ENCRYPTED}. */
    @CanIgnoreReturnValue
    public Builder mode(SecurityMode value) {
      this.mode = value;
      return this;
    }

    /** Default {@link BodyFormat#XML}; {@code JSON} for mini programs only. */
    @CanIgnoreReturnValue
    public Builder format(BodyFormat value) {
      this.format = value;
      return this;
    }

    /** 43 characters; needed unless the mode is plain. */
    @CanIgnoreReturnValue
    public Builder encodingAesKey(@Nullable String value) {
      this.key = value == null ? null : EncodingAesKey.parse(value);
      return this;
    }

    /** The AppSecret; without one no token is given out. */
    @CanIgnoreReturnValue
    public Builder secret(@Nullable String value) {
      this.secret = value;
      return this;
    }

    /** The {@code AgentID} of a WeCom app. */
    @CanIgnoreReturnValue
    public Builder agentId(@Nullable String value) {
      this.agentId = value;
      return this;
    }

    /** The account. */
    public SimulatedAccount build() {
      return new SimulatedAccount(this);
    }

    /** Twelve hex digits, the same for the same appid. */
    private static String originalIdOf(String appId) {
      long mixed = appId.hashCode() * 0x9e3779b97f4a7c15L;
      return "gh_" + Long.toHexString(mixed | 1L << 63).substring(4);
    }
  }
}
