package dev.hongyan.router.destination;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Says which addresses belong to the public internet, by the special-purpose registries of IANA
 * (RFC 6890) and what clouds keep for themselves. IPv6 forms that carry an IPv4 address are judged
 * by that.
 */
final class PublicAddress {
  private static final int[][] NOT_PUBLIC_V4 = {
    v4(0, 0, 0, 0, 8), // this network
    v4(10, 0, 0, 0, 8), // private
    v4(100, 64, 0, 0, 10), // carrier-grade NAT; some clouds' metadata
    v4(127, 0, 0, 0, 8), // loopback
    v4(168, 63, 129, 16, 32), // Azure's host
    v4(169, 254, 0, 0, 16), // link-local; most clouds' metadata
    v4(172, 16, 0, 0, 12), // private
    v4(192, 0, 0, 0, 24), // protocol assignments; some clouds' metadata
    v4(192, 0, 2, 0, 24), // documentation
    v4(192, 88, 99, 0, 24), // 6to4 relays
    v4(192, 168, 0, 0, 16), // private
    v4(198, 18, 0, 0, 15), // benchmarks
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24), // documentation
    v4(224, 0, 0, 0, 3), // multicast, reserved, broadcast
  };

  private PublicAddress() {}

  static boolean is(InetAddress address) {
    byte[] b = address.getAddress();
    return address instanceof Inet4Address ? isPublicV4(int32(b, 0)) : isPublicV6(b);
  }

  private static boolean isPublicV4(int address) {
    for (int[] net : NOT_PUBLIC_V4) {
      if ((address & net[1]) == net[0]) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPublicV6(byte[] b) {
    if (int32(b, 0) == 0x0064ff9b && zero(b, 4, 12)) { // NAT64
      return isPublicV4(int32(b, 12));
    }
    if (zero(b, 0, 10) && b[10] == -1 && b[11] == -1) { // IPv4-mapped; Java gives these as IPv4
      return isPublicV4(int32(b, 12));
    }
    // Only 2000::/3 is given out. All the rest is loopback, unique-local, link-local, multicast,
    // IPv4-compatible, local NAT64 and the like.
    if ((b[0] & 0xe0) != 0x20) {
      return false;
    }
    int first = int32(b, 0);
    if (first >>> 16 == 0x2002) { // 6to4
      return isPublicV4(int32(b, 2));
    }
    if (first >>> 9 == 0x20010000 >>> 9 // 2001::/23: protocols, Teredo, benchmarks, ORCHID
        || first == 0x20010db8 // documentation
        || first >>> 12 == 0x3fff0000 >>> 12) { // documentation
      return false;
    }
    boolean isatap = (int32(b, 8) & ~0x02000000) == 0x00005efe;
    return !isatap || isPublicV4(int32(b, 12));
  }

  /**
   * The address that a host is in itself: dotted or not, in decimal, octal or hexadecimal (the
   * forms that {@code inet_aton} and browsers know), or IPv6 in brackets. Null when the host is a
   * name.
   *
   * @throws IllegalArgumentException when it is neither a name nor an address
   */
  static @Nullable InetAddress literal(String host) {
    try {
      if (host.startsWith("[")) {
        return InetAddress.getByName(host); // never looked up: brackets say it is IPv6
      }
      String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
      if (!isNumber(name.substring(name.lastIndexOf('.') + 1))) {
        return null;
      }
      return v4Literal(name.split("\\.", -1));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not an address");
    }
  }

  /** Whether a last label makes its host an address (WHATWG URL, "ends in a number"). */
  private static boolean isNumber(String label) {
    if (label.startsWith("0x") || label.startsWith("0X")) {
      return label.chars().skip(2).allMatch(c -> Character.digit(c, 16) >= 0);
    }
    return !label.isEmpty() && label.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static InetAddress v4Literal(String[] parts) throws UnknownHostException {
    if (parts.length > 4) {
      throw new IllegalArgumentException("not an address");
    }
    long address = 0;
    for (int i = 0; i < parts.length; i++) {
      long part = number(parts[i]);
      boolean last = i == parts.length - 1;
      long max = last ? (1L << (8 * (5 - parts.length))) - 1 : 255;
      if (part > max) {
        throw new IllegalArgumentException("not an address");
      }
      address |= last ? part : part << (8 * (3 - i));
    }
    return InetAddress.getByAddress(
        new byte[] {
          (byte) (address >> 24), (byte) (address >> 16), (byte) (address >> 8), (byte) address
        });
  }

  private static long number(String part) {
    int radix = 10;
    String digits = part;
    if (part.startsWith("0x") || part.startsWith("0X")) {
      radix = 16;
      digits = part.substring(2);
    } else if (part.length() > 1 && part.startsWith("0")) {
      radix = 8;
      digits = part.substring(1);
    }
    if (radix == 16 && digits.isEmpty()) {
      return 0;
    }
    if (digits.length() > 12 || digits.startsWith("+") || digits.startsWith("-")) {
      throw new IllegalArgumentException("not an address");
    }
    return Long.parseLong(digits, radix); // NumberFormatException is an IllegalArgumentException
  }

  private static boolean zero(byte[] b, int from, int to) {
    for (int i = from; i < to; i++) {
      if (b[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static int int32(byte[] b, int at) {
    return b[at] << 24 | (b[at + 1] & 255) << 16 | (b[at + 2] & 255) << 8 | (b[at + 3] & 255);
  }

  private static int[] v4(int a, int b, int c, int d, int bits) {
    return new int[] {a << 24 | b << 16 | c << 8 | d, -1 << (32 - bits)};
  }
}
