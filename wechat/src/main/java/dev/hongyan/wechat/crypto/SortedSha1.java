package dev.hongyan.wechat.crypto;

import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The hot form of {@link Signatures}: SHA-1 over the sorted concatenation of up to four byte
 * slices, without allocation. Slices are compared as unsigned bytes, which for everything WeChat
 * sends here (ASCII) is the order of code units. Used by one thread.
 */
public final class SortedSha1 {
  /** Length of a signature: 40 lower-case hex digits. */
  public static final int HEX_LENGTH = 40;

  private static final int PARTS_MAX = 4;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final MessageDigest sha1 = Digests.newDigest("SHA-1");
  private final byte[][] arrays = new byte[PARTS_MAX][];
  private final int[] starts = new int[PARTS_MAX];
  private final int[] ends = new int[PARTS_MAX];
  private final byte[] digest = new byte[20];
  private final byte[] hex = new byte[HEX_LENGTH];
  private int parts;

  /** Forgets all slices. */
  public void reset() {
    parts = 0;
  }

  /** Adds a slice, keeping the slices sorted; the array is read when the digest is made. */
  public void add(byte[] array, int start, int length) {
    int end = start + length;
    int at = parts++;
    while (at > 0
        && Arrays.compareUnsigned(arrays[at - 1], starts[at - 1], ends[at - 1], array, start, end)
            > 0) {
      arrays[at] = arrays[at - 1];
      starts[at] = starts[at - 1];
      ends[at] = ends[at - 1];
      at--;
    }
    arrays[at] = array;
    starts[at] = start;
    ends[at] = end;
  }

  /**
   * Whether {@code length} bytes at {@code start} are the lower-case hex signature of the slices.
   * The time taken does not depend on where they differ. Upper case is refused: WeChat sends lower
   * case.
   */
  public boolean matches(byte[] given, int start, int length) {
    computeHex();
    if (length != HEX_LENGTH) {
      return false;
    }
    int difference = 0;
    for (int i = 0; i < HEX_LENGTH; i++) {
      difference |= hex[i] ^ given[start + i];
    }
    return difference == 0;
  }

  /** The signature of the slices as text. */
  public String hex() {
    computeHex();
    return new String(hex, StandardCharsets.ISO_8859_1);
  }

  private void computeHex() {
    for (int i = 0; i < parts; i++) {
      sha1.update(arrays[i], starts[i], ends[i] - starts[i]);
    }
    try {
      int unused = sha1.digest(digest, 0, digest.length);
    } catch (DigestException impossible) {
      throw new IllegalStateException(impossible);
    }
    for (int i = 0; i < digest.length; i++) {
      hex[2 * i] = HEX[(digest[i] >> 4) & 15];
      hex[2 * i + 1] = HEX[digest[i] & 15];
    }
  }
}
