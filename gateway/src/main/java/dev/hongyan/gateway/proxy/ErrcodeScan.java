package dev.hongyan.gateway.proxy;

import io.vertx.core.buffer.Buffer;

/**
 * Finds WeChat's verdict in the body of an answer without making a tree of it: WeChat answers 200
 * nearly always, and what it thinks is the top-level {@code errcode} of a JSON object.
 */
final class ErrcodeScan {
  private static final byte[] NAME = {'e', 'r', 'r', 'c', 'o', 'd', 'e'};
  private static final int DIGITS_MAX = 9;

  private ErrcodeScan() {}

  /** Whether this may be the beginning of a JSON object. */
  static boolean isObject(Buffer body) {
    int at = skipSpace(body, 0);
    return at < body.length() && body.getByte(at) == '{';
  }

  /** The errcode; 0 when there is none. */
  static int find(Buffer body) {
    int depth = 0;
    for (int i = 0; i < body.length(); i++) {
      switch (body.getByte(i)) {
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        case '"' -> {
          int end = endOfText(body, i + 1);
          if (depth == 1 && isName(body, i + 1, end)) {
            int colon = skipSpace(body, end + 1);
            if (colon < body.length() && body.getByte(colon) == ':') {
              return number(body, skipSpace(body, colon + 1));
            }
          }
          i = end;
        }
        default -> {}
      }
    }
    return 0;
  }

  private static boolean isName(Buffer body, int start, int end) {
    if (end - start != NAME.length || end >= body.length()) {
      return false;
    }
    for (int i = 0; i < NAME.length; i++) {
      if (body.getByte(start + i) != NAME[i]) {
        return false;
      }
    }
    return true;
  }

  /** Some APIs put the number into quotes. */
  private static int number(Buffer body, int start) {
    int i = start;
    if (i < body.length() && body.getByte(i) == '"') {
      i++;
    }
    boolean negative = i < body.length() && body.getByte(i) == '-';
    if (negative) {
      i++;
    }
    int value = 0;
    for (int digits = 0; i < body.length() && digits < DIGITS_MAX; digits++, i++) {
      int digit = body.getByte(i) - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  private static int endOfText(Buffer body, int start) {
    for (int i = start; i < body.length(); i++) {
      byte b = body.getByte(i);
      if (b == '"') {
        return i;
      }
      if (b == '\\') {
        i++;
      }
    }
    return body.length();
  }

  private static int skipSpace(Buffer body, int start) {
    int i = start;
    while (i < body.length()) {
      byte b = body.getByte(i);
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        break;
      }
      i++;
    }
    return i;
  }
}
