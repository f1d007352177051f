package dev.hongyan.tenant.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script, known to Redis by its SHA-1. Make one constant per script; {@link RedisLink#eval}
 * sends the digest and the source only where the server does not know it yet.
 */
public final class Script {
  private final String name;
  private final byte[] source;
  private final byte[] sha;

  private Script(String name, byte[] source) {
    this.name = name;
    this.source = source;
    try {
      this.sha =
          HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-1").digest(source))
              .getBytes(StandardCharsets.US_ASCII);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * @param name for people, in error messages
   * @param lua the source; may only touch the keys it is given
   */
  public static Script of(String name, String lua) {
    return new Script(name, lua.getBytes(StandardCharsets.UTF_8));
  }

  byte[] source() {
    return source;
  }

  byte[] sha() {
    return sha;
  }

  @Override
  public String toString() {
    return name;
  }
}
