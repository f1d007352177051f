package dev.hongyan.wechat.push;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The query of a push request: the parameters WeChat sends, percent-decoded, where a raw {@code +}
 * stays a {@code +} (an {@code echostr} is base64, and a form decoder would break it). Other
 * parameters are ignored.
 *
 * <p>Parsing never fails; a query that repeats a parameter, has a broken escape, characters outside
 * printable ASCII or is longer than 4096 characters is remembered as malformed and refused by the
 * decoder.
 */
public final class PushQuery {
  static final int LENGTH_MAX = 4096;

  static final int SIGNATURE = 0;
  static final int MSG_SIGNATURE = 1;
  static final int TIMESTAMP = 2;
  static final int NONCE = 3;
  static final int ECHOSTR = 4;
  static final int ENCRYPT_TYPE = 5;
  static final int OPENID = 6;
  private static final byte[][] NAMES = {
    ascii("signature"),
    ascii("msg_signature"),
    ascii("timestamp"),
    ascii("nonce"),
    ascii("echostr"),
    ascii("encrypt_type"),
    ascii("openid")
  };
  private static final PushQuery MALFORMED = new PushQuery(new byte[0], false);

  /** Holds the decoded values one after another, in place of the raw text. */
  final byte[] bytes;

  private final int[] starts = new int[NAMES.length];
  private final int[] lengths = new int[NAMES.length];
  private final boolean wellFormed;

  private PushQuery(byte[] raw, boolean acceptable) {
    this.bytes = raw;
    Arrays.fill(lengths, -1);
    this.wellFormed = acceptable && split();
  }

  /**
   * Reads the part of the request target after {@code ?}; null and empty are a query without
   * parameters.
   */
  public static PushQuery parse(@Nullable String rawQuery) {
    if (rawQuery == null) {
      return new PushQuery(new byte[0], true);
    }
    if (rawQuery.length() > LENGTH_MAX) {
      return MALFORMED;
    }
    return new PushQuery(rawQuery.getBytes(StandardCharsets.ISO_8859_1), true);
  }

  /** Whether every parameter WeChat sends occurs at most once and is readable. */
  public boolean isWellFormed() {
    return wellFormed;
  }

  /** {@code signature}, or null. */
  public @Nullable String signature() {
    return text(SIGNATURE);
  }

  /** {@code msg_signature}, or null. */
  public @Nullable String msgSignature() {
    return text(MSG_SIGNATURE);
  }

  /** {@code timestamp}, or null. */
  public @Nullable String timestamp() {
    return text(TIMESTAMP);
  }

  /** {@code nonce}, or null. */
  public @Nullable String nonce() {
    return text(NONCE);
  }

  /** {@code echostr}, or null. */
  public @Nullable String echostr() {
    return text(ECHOSTR);
  }

  /** {@code encrypt_type}, or null. */
  public @Nullable String encryptType() {
    return text(ENCRYPT_TYPE);
  }

  /** {@code openid}, or null. Not covered by any signature. */
  public @Nullable String openid() {
    return text(OPENID);
  }

  boolean has(int parameter) {
    return lengths[parameter] > 0;
  }

  boolean isAbsent(int parameter) {
    return lengths[parameter] < 0;
  }

  int start(int parameter) {
    return starts[parameter];
  }

  int length(int parameter) {
    return lengths[parameter];
  }

  @Nullable String text(int parameter) {
    return lengths[parameter] < 0
        ? null
        : new String(bytes, starts[parameter], lengths[parameter], StandardCharsets.ISO_8859_1);
  }

  boolean is(int parameter, byte[] value) {
    return Arrays.equals(
        bytes,
        starts[parameter],
        starts[parameter] + Math.max(0, lengths[parameter]),
        value,
        0,
        value.length);
  }

  /** The timestamp as a number, or -1 if it is not 1 to 12 digits. */
  long timestampSeconds() {
    int length = lengths[TIMESTAMP];
    if (length < 1 || length > 12) {
      return -1;
    }
    long value = 0;
    for (int i = starts[TIMESTAMP], end = i + length; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private boolean split() {
    int at = 0;
    int end = bytes.length;
    while (at < end) {
      int stop = at;
      int equals = -1;
      while (stop < end && bytes[stop] != '&') {
        byte b = bytes[stop];
        if (b <= ' ' || b == 0x7f) {
          return false;
        }
        if (b == '=' && equals < 0) {
          equals = stop;
        }
        stop++;
      }
      if (equals >= 0) {
        int parameter = parameter(at, equals);
        if (parameter >= 0) {
          if (lengths[parameter] >= 0) {
            return false;
          }
          starts[parameter] = equals + 1;
          lengths[parameter] = decode(equals + 1, stop);
          if (lengths[parameter] < 0) {
            return false;
          }
        }
      }
      at = stop + 1;
    }
    return true;
  }

  private int parameter(int start, int end) {
    for (int i = 0; i < NAMES.length; i++) {
      byte[] name = NAMES[i];
      if (name.length == end - start && Arrays.equals(bytes, start, end, name, 0, name.length)) {
        return i;
      }
    }
    return -1;
  }

  /** Decodes in place; returns the decoded length or -1. Escapes only ever shrink the value. */
  private int decode(int start, int end) {
    int to = start;
    for (int i = start; i < end; i++) {
      byte b = bytes[i];
      if (b == '%') {
        if (i + 2 >= end) {
          return -1;
        }
        int value = Character.digit(bytes[i + 1], 16) << 4 | Character.digit(bytes[i + 2], 16);
        if (value <= ' ' || value >= 0x7f) {
          // Also the -1 of a digit that is none; WeChat's values are printable ASCII throughout.
          return -1;
        }
        b = (byte) value;
        i += 2;
      }
      bytes[to++] = b;
    }
    return to - start;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
