package dev.hongyan.wechat.document;

/** The grammar of JSON numbers. */
final class JsonNumbers {
  private JsonNumbers() {}

  /** Where the number that starts at {@code start} ends, or -1 if none starts there. */
  static int end(byte[] bytes, int start, int end) {
    int at = start;
    if (at < end && bytes[at] == '-') {
      at++;
    }
    int whole = at;
    at = digits(bytes, at, end);
    if (at == whole || (at - whole > 1 && bytes[whole] == '0')) {
      return -1;
    }
    if (at < end && bytes[at] == '.') {
      int fraction = at + 1;
      at = digits(bytes, fraction, end);
      if (at == fraction) {
        return -1;
      }
    }
    if (at < end && (bytes[at] == 'e' || bytes[at] == 'E')) {
      at++;
      if (at < end && (bytes[at] == '+' || bytes[at] == '-')) {
        at++;
      }
      int exponent = at;
      at = digits(bytes, exponent, end);
      if (at == exponent) {
        return -1;
      }
    }
    return at;
  }

  private static int digits(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    return at;
  }
}
