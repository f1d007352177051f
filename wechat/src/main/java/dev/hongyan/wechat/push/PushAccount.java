package dev.hongyan.wechat.push;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What has to be known about one account to judge its pushes. Immutable, shared by all threads,
 * well under 2 KiB; never shows its secrets.
 */
public final class PushAccount {
  /** Default clock window: WeChat repeats a push within about 15 seconds. */
  public static final int CLOCK_WINDOW_SECONDS = 300;

  private final Product product;
  private final String appId;
  private final SecurityMode mode;
  private final String[] tokens;
  private final byte[][] tokenBytes;
  private final EncodingAesKey[] keys;
  private final String[] receiveIds;
  private final byte[][] receiveIdBytes;
  private final boolean receiveIdChecked;
  private final int clockWindowSeconds;

  private PushAccount(Builder from) {
    this.product = from.product;
    this.appId = from.appId;
    this.mode = product.alwaysEncrypted() ? SecurityMode.ENCRYPTED : from.mode;
    this.tokens = present(from.token, from.previousToken).toArray(String[]::new);
    this.tokenBytes = utf8(tokens);
    this.keys = present(from.key, from.previousKey).toArray(EncodingAesKey[]::new);
    this.receiveIds = from.receiveIds.toArray(String[]::new);
    this.receiveIdBytes = utf8(receiveIds);
    this.receiveIdChecked = from.receiveIdChecked;
    this.clockWindowSeconds = from.clockWindowSeconds;
  }

  /**
   * Starts an account.
   *
   * @param product any but {@link Product#PAY}, whose notifications are signed in another way
   * @param appId appid, component appid or corpid; also the accepted receive id unless others are
   *     given
   * @param token the token of the push settings
   */
  public static Builder builder(Product product, String appId, String token) {
    return new Builder(product, appId, token);
  }

  /** The account's product. */
  public Product product() {
    return product;
  }

  /** Appid, component appid or corpid. */
  public String appId() {
    return appId;
  }

  /** The mode that is enforced: always {@code ENCRYPTED} for WeCom and the Open Platform. */
  public SecurityMode mode() {
    return mode;
  }

  /** Whether pushes can be decrypted. */
  public boolean hasKey() {
    return keys.length > 0;
  }

  /** Seconds a push's timestamp may be off; 0 means it is not checked. */
  public int clockWindowSeconds() {
    return clockWindowSeconds;
  }

  int tokenCount() {
    return tokens.length;
  }

  String token(int index) {
    return tokens[index];
  }

  byte[] tokenBytes(int index) {
    return tokenBytes[index];
  }

  int keyCount() {
    return keys.length;
  }

  EncodingAesKey key(int index) {
    return keys[index];
  }

  boolean receiveIdChecked() {
    return receiveIdChecked;
  }

  byte[][] receiveIdBytes() {
    return receiveIdBytes;
  }

  /** The receive id WeChat itself would seal with: the first accepted one. */
  String sealingReceiveId() {
    return receiveIds.length == 0 ? appId : receiveIds[0];
  }

  @Override
  public String toString() {
    return "PushAccount[" + product + ", " + appId + ", " + mode + ']';
  }

  private static <T> List<T> present(@Nullable T current, @Nullable T previous) {
    if (current == null) {
      return previous == null ? List.of() : List.of(previous);
    }
    return previous == null || previous.equals(current)
        ? List.of(current)
        : List.of(current, previous);
  }

  private static byte[][] utf8(String[] texts) {
    return Arrays.stream(texts)
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toArray(byte[][]::new);
  }

  /** Collects an account's settings. */
  public static final class Builder {
    private static final int TOKEN_LENGTH_MAX = 128;
    private static final int RECEIVE_IDS_MAX = 8;

    private final Product product;
    private final String appId;
    private final String token;
    private @Nullable String previousToken;
    private @Nullable EncodingAesKey key;
    private @Nullable EncodingAesKey previousKey;
    private SecurityMode mode = SecurityMode.ENCRYPTED;
    private List<String> receiveIds;
    private boolean receiveIdChecked = true;
    private int clockWindowSeconds = CLOCK_WINDOW_SECONDS;

    private Builder(Product product, String appId, String token) {
      if (product == Product.PAY) {
        throw new IllegalArgumentException("WeChat Pay notifications are not message pushes");
      }
      this.product = Objects.requireNonNull(product);
      this.appId = Objects.requireNonNull(appId);
      this.token = checkToken(token);
      this.receiveIds = List.of(appId);
    }

    /** The token before the current one, still accepted while WeChat's settings change. */
    @CanIgnoreReturnValue
    public Builder previousToken(@Nullable String value) {
      this.previousToken = value == null ? null : checkToken(value);
      return this;
    }

    /** The current EncodingAESKey; without one, encrypted pushes are refused. */
    @CanIgnoreReturnValue
    public Builder key(@Nullable EncodingAesKey value) {
      this.key = value;
      return this;
    }

    /** The key before the current one, tried when the current one does not open a push. */
    @CanIgnoreReturnValue
    public Builder previousKey(@Nullable EncodingAesKey value) {
      this.previousKey = value;
      return this;
    }

    /** Default {@link SecurityMode#ENCRYPTED}. Plain pushes are accepted in {@code PLAIN} only. */
    @CanIgnoreReturnValue
    public Builder mode(SecurityMode value) {
      this.mode = Objects.requireNonNull(value);
      return this;
    }

    /**
     * The receive ids to accept, instead of the appid alone; at most 8. An empty string in the
     * collection accepts the empty receive id (WeCom bots); an empty collection accepts none.
     */
    @CanIgnoreReturnValue
    public Builder receiveIds(Collection<String> values) {
      if (values.size() > RECEIVE_IDS_MAX) {
        throw new IllegalArgumentException("at most 8 receive ids");
      }
      this.receiveIds = List.copyOf(values);
      return this;
    }

    /** Whether the receive id is checked at all; default true. */
    @CanIgnoreReturnValue
    public Builder receiveIdChecked(boolean value) {
      this.receiveIdChecked = value;
      return this;
    }

    /** Seconds a push's timestamp may be off in either direction; 0 switches the check off. */
    @CanIgnoreReturnValue
    public Builder clockWindowSeconds(int value) {
      if (value < 0) {
        throw new IllegalArgumentException("the clock window must not be negative");
      }
      this.clockWindowSeconds = value;
      return this;
    }

    /** The account. */
    public PushAccount build() {
      return new PushAccount(this);
    }

    private static String checkToken(String token) {
      if (token.isEmpty() || token.length() > TOKEN_LENGTH_MAX) {
        throw new IllegalArgumentException("a push token has 1 to 128 characters");
      }
      return token;
    }
  }
}
