package dev.hongyan.wechat.xml;

/** What stands between {@code &} and {@code ;}: a character number or one of five names. */
final class XmlReferences {
  private XmlReferences() {}

  /** The character meant by the slice, of at least two bytes; not positive if there is none. */
  static int resolve(byte[] bytes, int start, int stop) {
    if (bytes[start] != '#') {
      return predefined(bytes, start, stop - start);
    }
    int codePoint = number(bytes, start + 1, stop);
    boolean surrogate =
        codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    return surrogate || codePoint > Character.MAX_CODE_POINT ? -1 : codePoint;
  }

  private static int predefined(byte[] bytes, int start, int length) {
    byte first = bytes[start];
    byte second = bytes[start + 1];
    if (length == 2 && second == 't') {
      return first == 'l' ? '<' : first == 'g' ? '>' : -1;
    }
    if (length == 3 && first == 'a' && second == 'm' && bytes[start + 2] == 'p') {
      return '&';
    }
    if (length == 4 && second == (first == 'q' ? 'u' : 'p') && bytes[start + 2] == 'o') {
      return first == 'q' && bytes[start + 3] == 't'
          ? '"'
          : first == 'a' && bytes[start + 3] == 's' ? '\'' : -1;
    }
    return -1;
  }

  private static int number(byte[] bytes, int start, int stop) {
    int radix = 10;
    int i = start;
    if (bytes[i] == 'x') {
      radix = 16;
      i++;
    }
    if (i == stop) {
      return -1;
    }
    int value = 0;
    for (; i < stop; i++) {
      int digit = bytes[i] < 0 ? -1 : Character.digit((char) bytes[i], radix);
      if (digit < 0 || value > Character.MAX_CODE_POINT) {
        return -1;
      }
      value = value * radix + digit;
    }
    return value;
  }
}
