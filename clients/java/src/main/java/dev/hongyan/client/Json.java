package dev.hongyan.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON (RFC 8259), enough for the protocol: reads one value, writes one value, nothing lenient. */
final class Json {
  private static final int DEPTH_MAX = 200;
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final String text;
  private final String spanName;
  private int at;
  private int depth;
  private String span = "";

  private Json(String text, String spanName) {
    this.text = text;
    this.spanName = spanName;
  }

  /** Text is not the JSON we expected. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message);
    }
  }

  /** An object, and the text of one of its members as it stands there. */
  record Parsed(Map<String, Object> object, String span) {}

  static Map<String, Object> object(String text) {
    return object(text, "").object();
  }

  /** Also gives the text of the member {@code spanName} of the outermost object, or "". */
  static Parsed object(String text, String spanName) {
    Json json = new Json(text, spanName);
    Object value = json.value();
    json.blank();
    if (json.at != text.length()) {
      throw json.malformed("something follows the value");
    }
    if (!(value instanceof Map<?, ?>)) {
      throw new Malformed("not an object");
    }
    return new Parsed(members(value), json.span);
  }

  @SuppressWarnings("unchecked") // only the reader makes them
  private static Map<String, Object> members(Object value) {
    return (Map<String, Object>) value;
  }

  static String string(Map<String, Object> object, String name, String otherwise) {
    return object.get(name) instanceof String value ? value : otherwise;
  }

  static long number(Map<String, Object> object, String name, long otherwise) {
    return object.get(name) instanceof Number value ? value.longValue() : otherwise;
  }

  static Map<String, Object> map(Map<String, Object> object, String name) {
    return object.get(name) instanceof Map<?, ?> value ? members(value) : Map.of();
  }

  private @Nullable Object value() {
    blank();
    if (at >= text.length()) {
      throw malformed("the text ends");
    }
    char c = text.charAt(at);
    return switch (c) {
      case '{' -> object();
      case '[' -> list();
      case '"' -> string();
      case 't' -> word("true", Boolean.TRUE);
      case 'f' -> word("false", Boolean.FALSE);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> object() {
    Map<String, Object> members = new LinkedHashMap<>();
    enter();
    if (take('}')) {
      depth--;
      return members;
    }
    do {
      blank();
      if (at >= text.length() || text.charAt(at) != '"') {
        throw malformed("a name is missing");
      }
      String name = string();
      expect(':');
      blank();
      int from = at;
      put(members, name, value());
      if (depth == 1 && name.equals(spanName)) {
        span = text.substring(from, at);
      }
    } while (take(','));
    expect('}');
    depth--;
    return members;
  }

  @SuppressWarnings("NullAway") // JSON null is a null in the map
  private static void put(Map<String, Object> members, String name, @Nullable Object value) {
    members.put(name, value);
  }

  @SuppressWarnings("NullAway") // JSON null is a null in the list
  private List<Object> list() {
    List<Object> items = new ArrayList<>();
    enter();
    if (!take(']')) {
      do {
        items.add(value());
      } while (take(','));
      expect(']');
    }
    depth--;
    return items;
  }

  private void enter() {
    at++;
    if (++depth > DEPTH_MAX) {
      throw malformed("too deep");
    }
  }

  private String string() {
    int from = ++at;
    int end = from;
    while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\\') {
      end++;
    }
    if (end < text.length() && text.charAt(end) == '"') {
      at = end + 1;
      return plain(from, end);
    }
    StringBuilder built = new StringBuilder(plain(from, end));
    at = end;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return built.toString();
      }
      if (c < ' ') {
        throw malformed("a control character in a string");
      }
      built.append(c == '\\' ? escape() : c);
    }
    throw malformed("a string does not end");
  }

  private String plain(int from, int end) {
    for (int i = from; i < end; i++) {
      if (text.charAt(i) < ' ') {
        throw malformed("a control character in a string");
      }
    }
    return text.substring(from, end);
  }

  private char escape() {
    if (at >= text.length()) {
      throw malformed("a string does not end");
    }
    char c = text.charAt(at++);
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw malformed("unknown escape");
    };
  }

  private char unicode() {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at++), 16) : -1;
      if (digit < 0) {
        throw malformed("four hex digits are missing");
      }
      code = code << 4 | digit;
    }
    return (char) code;
  }

  private Object number() {
    int from = at;
    boolean whole = true;
    take0('-');
    int digits = at;
    digits();
    if (at - digits > 1 && text.charAt(digits) == '0') {
      throw malformed("a number starts with zero");
    }
    if (take0('.')) {
      whole = false;
      digits();
    }
    if (take0('e') || take0('E')) {
      whole = false;
      if (!take0('+')) {
        take0('-');
      }
      digits();
    }
    String number = text.substring(from, at);
    if (whole && number.length() <= 18) {
      return Long.valueOf(number);
    }
    return Double.valueOf(number);
  }

  private void digits() {
    int from = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == from) {
      throw malformed("no value");
    }
  }

  private @Nullable Object word(String word, @Nullable Object value) {
    if (!text.startsWith(word, at)) {
      throw malformed("no value");
    }
    at += word.length();
    return value;
  }

  private void expect(char c) {
    if (!take(c)) {
      throw malformed("'" + c + "' is missing");
    }
  }

  private boolean take(char c) {
    blank();
    return take0(c);
  }

  @com.google.errorprone.annotations.CanIgnoreReturnValue
  private boolean take0(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    if (there) {
      at++;
    }
    return there;
  }

  private void blank() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private Malformed malformed(String what) {
    return new Malformed(what + " at " + at); // never the text: it may hold what is private
  }

  /** Writes maps, collections, strings, numbers, booleans and null. */
  static String write(@Nullable Object value) {
    StringBuilder out = new StringBuilder(128);
    write(value, out, 0);
    return out.toString();
  }

  private static void write(@Nullable Object value, StringBuilder out, int depth) {
    if (depth > DEPTH_MAX) {
      throw new IllegalArgumentException("too deep for JSON");
    }
    if (value == null || value instanceof Boolean) {
      out.append(value);
    } else if (value instanceof Number number) {
      double real = number.doubleValue();
      if (Double.isNaN(real) || Double.isInfinite(real)) {
        throw new IllegalArgumentException("JSON has no " + real);
      }
      out.append(number);
    } else if (value instanceof Map<?, ?> map) {
      char before = '{';
      for (Map.Entry<?, ?> member : map.entrySet()) {
        out.append(before);
        quote(String.valueOf(member.getKey()), out);
        out.append(':');
        write(member.getValue(), out, depth + 1);
        before = ',';
      }
      out.append(before == '{' ? "{}" : "}");
    } else if (value instanceof Iterable<?> items) {
      char before = '[';
      for (Object item : items) {
        out.append(before);
        write(item, out, depth + 1);
        before = ',';
      }
      out.append(before == '[' ? "[]" : "]");
    } else if (value instanceof CharSequence chars) {
      quote(chars.toString(), out);
    } else {
      throw new IllegalArgumentException("cannot write a " + value.getClass().getName());
    }
  }

  private static void quote(String string, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c == '\n') {
        out.append("\\n");
      } else if (c < ' ') {
        out.append("\\u00").append(HEX[c >> 4]).append(HEX[c & 15]);
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
