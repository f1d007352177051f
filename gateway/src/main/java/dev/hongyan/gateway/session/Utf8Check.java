package dev.hongyan.gateway.session;

/**
 * Whether bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF).
 */
final class Utf8Check {
  private Utf8Check() {}

  static boolean isValid(byte[] b, int from, int to) {
    int i = from;
    while (i < to) {
      int c = b[i++];
      if (c >= 0) {
        continue;
      }
      int more;
      int least = 0x80;
      int most = 0xbf;
      c &= 0xff;
      if (c >= 0xc2 && c <= 0xdf) {
        more = 1;
      } else if (c >= 0xe0 && c <= 0xef) {
        more = 2;
        least = c == 0xe0 ? 0xa0 : 0x80;
        most = c == 0xed ? 0x9f : 0xbf;
      } else if (c >= 0xf0 && c <= 0xf4) {
        more = 3;
        least = c == 0xf0 ? 0x90 : 0x80;
        most = c == 0xf4 ? 0x8f : 0xbf;
      } else {
        return false;
      }
      for (int n = 0; n < more; n++) {
        int next = i < to ? b[i++] & 0xff : 0;
        if (next < least || next > most) {
          return false;
        }
        least = 0x80;
        most = 0xbf;
      }
    }
    return true;
  }
}
