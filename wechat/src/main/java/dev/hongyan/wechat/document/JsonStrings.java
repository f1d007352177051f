package dev.hongyan.wechat.document;

/** The inside of JSON strings whose grammar was checked before. */
final class JsonStrings {
  private JsonStrings() {}

  static boolean hasEscape(byte[] bytes, int start, int length) {
    for (int i = start, end = start + length; i < end; i++) {
      if (bytes[i] == '\\') {
        return true;
      }
    }
    return false;
  }

  /** Appends the plain form to the document's scratch. A lone surrogate becomes U+FFFD. */
  static void unescape(byte[] bytes, int start, int length, Document out) {
    int end = start + length;
    int at = start;
    while (at < end) {
      int run = at;
      while (at < end && bytes[at] != '\\') {
        at++;
      }
      out.scratch(bytes, run, at - run);
      if (at == end) {
        return;
      }
      byte escape = bytes[at + 1];
      at += 2;
      switch (escape) {
        case 'b' -> out.scratchCodePoint('\b');
        case 'f' -> out.scratchCodePoint('\f');
        case 'n' -> out.scratchCodePoint('\n');
        case 'r' -> out.scratchCodePoint('\r');
        case 't' -> out.scratchCodePoint('\t');
        case 'u' -> {
          int unit = hex(bytes, at);
          at += 4;
          if (Character.isHighSurrogate((char) unit)
              && at + 6 <= end
              && bytes[at] == '\\'
              && bytes[at + 1] == 'u'
              && Character.isLowSurrogate((char) hex(bytes, at + 2))) {
            unit = Character.toCodePoint((char) unit, (char) hex(bytes, at + 2));
            at += 6;
          }
          out.scratchCodePoint(unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit);
        }
        default -> out.scratchCodePoint(escape);
      }
    }
  }

  private static int hex(byte[] bytes, int at) {
    return Character.digit(bytes[at], 16) << 12
        | Character.digit(bytes[at + 1], 16) << 8
        | Character.digit(bytes[at + 2], 16) << 4
        | Character.digit(bytes[at + 3], 16);
  }
}
