package dev.hongyan.wechat.document;

import dev.hongyan.wechat.document.Document.Kind;
import dev.hongyan.wechat.document.MalformedDocument.Reason;

/**
 * Reads one JSON object into a {@link Document}: strictly RFC 8259, no duplicate names, within the
 * document's limits. Strings are left in place with their escapes, so that they can be written out
 * again as they came. Used by one thread.
 */
public final class JsonReader {
  private static final int NUMBER_LENGTH_MAX = 128;

  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int depth;
  private Document document = new Document();

  /** Reads a whole array. */
  public static Document parse(byte[] json) throws MalformedDocument {
    Document document = new Document();
    new JsonReader().read(json, 0, json.length, document);
    return document;
  }

  /**
   * Reads a slice into {@code into}, replacing what was there.
   *
   * @throws MalformedDocument if the slice is not exactly one acceptable JSON object
   */
  public void read(byte[] json, int start, int length, Document into) throws MalformedDocument {
    into.reset(json);
    if (length > Document.LENGTH_MAX) {
      throw new MalformedDocument(Reason.LENGTH, start);
    }
    bytes = json;
    at = start;
    end = start + length;
    depth = 0;
    document = into;
    Utf8.check(json, start, end);
    if (length >= 3 && json[at] == (byte) 0xef && json[at + 1] == (byte) 0xbb) {
      at += 3; // A byte order mark: useless, harmless, seen in the wild.
    }
    skipSpace();
    if (at == end) {
      throw new MalformedDocument(Reason.EMPTY, at);
    }
    if (bytes[at] != '{') {
      throw malformed(Reason.SYNTAX);
    }
    value(into.addUnnamed(Document.NONE));
    skipSpace();
    if (at != end) {
      throw malformed(Reason.TRAILING);
    }
  }

  private void value(int node) throws MalformedDocument {
    byte first = peek();
    switch (first) {
      case '{' -> object(node);
      case '[' -> array(node);
      case '"' -> {
        int start = at + 1;
        string();
        document.setSource(node, Kind.STRING, start, at - 1 - start);
      }
      case 't' -> literal(node, "true");
      case 'f' -> literal(node, "false");
      case 'n' -> literal(node, "null");
      default -> number(node);
    }
  }

  private void object(int node) throws MalformedDocument {
    descend();
    document.setObject(node);
    at++;
    skipSpace();
    if (peek() == '}') {
      at++;
      depth--;
      return;
    }
    while (true) {
      skipSpace();
      if (peek() != '"') {
        throw malformed(Reason.SYNTAX);
      }
      int child = name(node);
      skipSpace();
      expect(':');
      skipSpace();
      value(child);
      skipSpace();
      if (peek() == '}') {
        at++;
        depth--;
        return;
      }
      expect(',');
    }
  }

  private int name(int parent) throws MalformedDocument {
    int start = at + 1;
    string();
    int length = at - 1 - start;
    boolean escaped = JsonStrings.hasEscape(bytes, start, length);
    byte[] holder = bytes;
    if (escaped) {
      int from = document.scratchLength();
      JsonStrings.unescape(bytes, start, length, document);
      start = from;
      length = document.scratchLength() - from;
      holder = document.scratch();
    }
    int hash = Field.hash(holder, start, start + length);
    int child = document.addNamed(parent, hash, start, length, escaped);
    if (!document.isHead(child)) {
      throw malformed(Reason.DUPLICATE);
    }
    return child;
  }

  private void array(int node) throws MalformedDocument {
    descend();
    document.setArray(node);
    at++;
    skipSpace();
    if (peek() == ']') {
      at++;
      depth--;
      return;
    }
    while (true) {
      skipSpace();
      value(document.addUnnamed(node));
      skipSpace();
      if (peek() == ']') {
        at++;
        depth--;
        return;
      }
      expect(',');
    }
  }

  /** Passes over a string from its opening to behind its closing quote. */
  private void string() throws MalformedDocument {
    at++;
    while (at < end) {
      byte b = bytes[at];
      if (b == '"') {
        at++;
        return;
      }
      if (b == '\\') {
        escape();
      } else if (b >= 0 && b < ' ') {
        throw malformed(Reason.SYNTAX);
      } else {
        at++;
      }
    }
    throw malformed(Reason.TRUNCATED);
  }

  private void escape() throws MalformedDocument {
    at++;
    switch (peek()) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at++;
      case 'u' -> {
        at++;
        for (int i = 0; i < 4; i++) {
          if (Character.digit(peek(), 16) < 0) {
            throw malformed(Reason.SYNTAX);
          }
          at++;
        }
      }
      default -> throw malformed(Reason.SYNTAX);
    }
  }

  private void literal(int node, String word) throws MalformedDocument {
    int start = at;
    for (int i = 0; i < word.length(); i++) {
      expect(word.charAt(i));
    }
    document.setSource(node, Kind.LITERAL, start, word.length());
  }

  private void number(int node) throws MalformedDocument {
    int start = at;
    int after = JsonNumbers.end(bytes, start, end);
    if (after < 0) {
      throw malformed(Reason.SYNTAX);
    }
    if (after - start > NUMBER_LENGTH_MAX) {
      throw malformed(Reason.LENGTH);
    }
    at = after;
    document.setSource(node, Kind.NUMBER, start, after - start);
  }

  private void descend() throws MalformedDocument {
    if (++depth > Document.DEPTH_MAX) {
      throw malformed(Reason.DEPTH);
    }
  }

  private void skipSpace() {
    while (at < end) {
      byte b = bytes[at];
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return;
      }
      at++;
    }
  }

  private byte peek() throws MalformedDocument {
    if (at >= end) {
      throw malformed(Reason.TRUNCATED);
    }
    return bytes[at];
  }

  private void expect(char expected) throws MalformedDocument {
    if (peek() != expected) {
      throw malformed(Reason.SYNTAX);
    }
    at++;
  }

  private MalformedDocument malformed(Reason reason) {
    return new MalformedDocument(reason, at);
  }
}
