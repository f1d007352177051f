package dev.hongyan.wechat.xml;

import dev.hongyan.wechat.document.ByteScan;
import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.document.Field;
import dev.hongyan.wechat.document.JsonWriter;
import dev.hongyan.wechat.document.MalformedDocument;
import dev.hongyan.wechat.document.MalformedDocument.Reason;
import dev.hongyan.wechat.document.Utf8;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one XML document into a {@link Document}. It knows elements, text, CDATA, comments,
 * processing instructions (skipped), attributes (skipped), the five predefined entities and
 * character references, and nothing else: any {@code <!DOCTYPE} is an error, so there is nothing to
 * expand and nowhere to fetch from. Bytes must be UTF-8.
 *
 * <p>Two liberties against the letter of XML 1.0, both because a refused push is lost for the user
 * who caused it: control characters other than NUL are let through in text (people do send them),
 * and {@code ]]>} may stand in text. Text between child elements, which WeChat does not send,
 * becomes a child named {@code #text}.
 *
 * <p>Used by one thread; reading allocates nothing in the ordinary case.
 */
public final class XmlReader {
  private static final byte[] TEXT_NAME = ascii("#text");
  private static final int TEXT_NAME_HASH = Field.hash(TEXT_NAME, 0, TEXT_NAME.length);
  private static final byte[] CDATA = ascii("<![CDATA[");
  private static final byte[] COMMENT = ascii("<!--");

  /** Character classes of names: bit 0 may start one, bit 1 may continue one. */
  private static final byte[] NAME_CLASS = new byte[256];

  static {
    for (int b = 0; b < 256; b++) {
      boolean start =
          (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_' || b == ':' || b >= 0x80;
      boolean part = start || (b >= '0' && b <= '9') || b == '-' || b == '.';
      NAME_CLASS[b] = (byte) ((start ? 1 : 0) | (part ? 2 : 0));
    }
  }

  /** Longest reference with its ampersand and semicolon, leading zeros included. */
  private static final int REFERENCE_LENGTH_MAX = 16;

  private final int[] nameStarts = new int[Document.DEPTH_MAX + 1];
  private final int[] nameEnds = new int[Document.DEPTH_MAX + 1];
  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int depth;
  private Document document = new Document();
  private int current;

  /**
   * The text since the last tag: a slice of the source, or of scratch once it had to be rewritten.
   */
  private int runStart;

  private int runLength;
  private boolean runInScratch;

  /** Reads a whole array. */
  public static Document parse(byte[] xml) throws MalformedDocument {
    Document document = new Document();
    new XmlReader().read(xml, 0, xml.length, document);
    return document;
  }

  /** Reads a whole array and writes it as JSON; see {@link JsonWriter}. */
  public static byte[] toJson(byte[] xml) throws MalformedDocument {
    return new JsonWriter().write(parse(xml));
  }

  /**
   * Reads a slice into {@code into}, replacing what was there.
   *
   * @throws MalformedDocument if the slice is not exactly one acceptable XML document
   */
  public void read(byte[] xml, int start, int length, Document into) throws MalformedDocument {
    into.reset(xml);
    if (length > Document.LENGTH_MAX) {
      throw new MalformedDocument(Reason.LENGTH, start);
    }
    bytes = xml;
    at = start;
    end = start + length;
    depth = 0;
    document = into;
    current = Document.NONE;
    clearRun();
    Utf8.check(xml, start, end);
    if (length >= 3 && xml[at] == (byte) 0xef && xml[at + 1] == (byte) 0xbb) {
      at += 3; // A byte order mark: useless, harmless, seen in the wild.
    }
    if (!skipMisc()) {
      throw malformed(Reason.EMPTY);
    }
    open();
    while (depth > 0) {
      content();
    }
    if (skipMisc()) {
      throw malformed(Reason.TRAILING);
    }
  }

  /**
   * Skips white space, comments and instructions outside the root; returns whether something is
   * left.
   */
  private boolean skipMisc() throws MalformedDocument {
    while (true) {
      skipSpace();
      if (at >= end) {
        return false;
      }
      if (bytes[at] != '<') {
        throw malformed(Reason.SYNTAX);
      }
      if (at + 1 >= end) {
        throw malformed(Reason.TRUNCATED);
      }
      byte kind = bytes[at + 1];
      if (kind == '?') {
        skipInstruction();
      } else if (kind == '!') {
        skipComment();
      } else {
        return true;
      }
    }
  }

  /**
   * Handles one piece inside the root: a tag, a CDATA section, a comment, or text up to the next
   * '<'.
   */
  private void content() throws MalformedDocument {
    if (at >= end) {
      throw malformed(Reason.TRUNCATED);
    }
    if (bytes[at] != '<') {
      characters();
      return;
    }
    if (at + 1 >= end) {
      throw malformed(Reason.TRUNCATED);
    }
    switch (bytes[at + 1]) {
      case '/' -> close();
      case '?' -> skipInstruction();
      case '!' -> {
        if (startsWith(CDATA)) {
          cdata();
        } else {
          skipComment();
        }
      }
      default -> {
        endRunBesideChild();
        open();
      }
    }
  }

  private void open() throws MalformedDocument {
    int nameStart = at + 1;
    int hash = name(nameStart);
    int nameEnd = at;
    int node;
    if (current == Document.NONE) {
      node = document.addUnnamed(Document.NONE);
    } else {
      document.setObject(current);
      node = document.addNamed(current, hash, nameStart, nameEnd - nameStart, false);
    }
    if (attributes()) {
      return;
    }
    if (++depth > Document.DEPTH_MAX) {
      throw malformed(Reason.DEPTH);
    }
    nameStarts[depth] = nameStart;
    nameEnds[depth] = nameEnd;
    current = node;
  }

  /** Reads a name from {@code start}, moves behind it and returns its hash. */
  private int name(int start) throws MalformedDocument {
    if (start >= end) {
      throw malformed(Reason.TRUNCATED);
    }
    if ((NAME_CLASS[bytes[start] & 255] & 1) == 0) {
      throw malformed(Reason.SYNTAX);
    }
    int hash = 0;
    int to = start;
    while (to < end && NAME_CLASS[bytes[to] & 255] != 0) {
      hash = hash * 31 + bytes[to];
      to++;
    }
    at = to;
    return hash;
  }

  /** Skips attributes and the end of a start tag; returns whether it was an empty-element tag. */
  private boolean attributes() throws MalformedDocument {
    while (true) {
      int before = at;
      skipSpace();
      byte b = peek();
      if (b == '>') {
        at++;
        return false;
      }
      if (b == '/') {
        at++;
        expect('>');
        return true;
      }
      if (at == before) {
        throw malformed(Reason.SYNTAX);
      }
      int unused = name(at);
      skipSpace();
      expect('=');
      skipSpace();
      byte quote = peek();
      if (quote != '"' && quote != '\'') {
        throw malformed(Reason.SYNTAX);
      }
      at++;
      while (peek() != quote) {
        if (bytes[at] == '<') {
          throw malformed(Reason.SYNTAX);
        }
        at++;
      }
      at++;
    }
  }

  private void close() throws MalformedDocument {
    int nameStart = at + 2;
    int nameEnd = nameStart + nameEnds[depth] - nameStarts[depth];
    if (nameEnd >= end) {
      throw malformed(Reason.TRUNCATED);
    }
    if (!Arrays.equals(bytes, nameStart, nameEnd, bytes, nameStarts[depth], nameEnds[depth])) {
      throw malformed(Reason.SYNTAX);
    }
    at = nameEnd;
    skipSpace();
    expect('>');
    if (document.isContainer(current)) {
      endRunBesideChild();
    } else {
      document.setText(current, runStart, runLength, runInScratch);
      clearRun();
    }
    current = document.parent(current);
    depth--;
  }

  private void characters() throws MalformedDocument {
    int start = at;
    int to = ByteScan.indexOf(bytes, start, end, '<', '&', '\r');
    boolean rewrite = to < end && bytes[to] != '<';
    if (rewrite) {
      to = ByteScan.indexOf(bytes, to, end, '<', '<', '<');
    }
    if (to == end) {
      throw malformed(Reason.TRUNCATED);
    }
    if (rewrite) {
      rewrite(start, to, true);
    } else {
      append(start, to - start);
    }
    at = to;
  }

  private void cdata() throws MalformedDocument {
    int start = at + CDATA.length;
    boolean rewrite = false;
    for (int to = start; ; to++) {
      to = ByteScan.indexOf(bytes, to, end, ']', '\r', '\r');
      if (to + 2 >= end) {
        throw malformed(Reason.TRUNCATED);
      }
      if (bytes[to] == '\r') {
        rewrite = true;
      } else if (bytes[to + 1] == ']' && bytes[to + 2] == '>') {
        if (rewrite) {
          rewrite(start, to, false);
        } else {
          append(start, to - start);
        }
        at = to + 3;
        return;
      }
    }
  }

  /** Adds a slice of the source to the run, without a copy if it is the first one. */
  private void append(int start, int length) {
    if (length == 0) {
      return;
    }
    if (runLength == 0) {
      runStart = start;
      runLength = length;
      runInScratch = false;
      return;
    }
    moveRunToScratch();
    document.scratch(bytes, start, length);
    runLength += length;
  }

  private void moveRunToScratch() {
    if (!runInScratch) {
      int to = document.scratchLength();
      document.scratch(bytes, runStart, runLength);
      runStart = to;
      runInScratch = true;
    }
  }

  /** Adds a slice to the run with line ends normalised and, outside CDATA, references resolved. */
  private void rewrite(int start, int to, boolean references) throws MalformedDocument {
    moveRunToScratch();
    int from = start;
    int i = start;
    while (i < to) {
      byte b = bytes[i];
      if (b == '\r') {
        document.scratch(bytes, from, i - from);
        document.scratchCodePoint('\n');
        i += i + 1 < to && bytes[i + 1] == '\n' ? 2 : 1;
        from = i;
      } else if (b == '&' && references) {
        document.scratch(bytes, from, i - from);
        i = reference(i, to);
        from = i;
      } else {
        i++;
      }
    }
    document.scratch(bytes, from, to - from);
    runLength = document.scratchLength() - runStart;
  }

  /** Resolves the reference at {@code start}; returns where the text goes on. */
  private int reference(int start, int to) throws MalformedDocument {
    int stop = start + 1;
    int stopMax = Math.min(to, start + REFERENCE_LENGTH_MAX);
    while (stop < stopMax && bytes[stop] != ';') {
      stop++;
    }
    int length = stop - start - 1;
    int codePoint = -1;
    if (stop < stopMax && length >= 2) {
      codePoint = XmlReferences.resolve(bytes, start + 1, stop);
    }
    if (codePoint <= 0) {
      throw new MalformedDocument(Reason.ENTITY, start);
    }
    document.scratchCodePoint(codePoint);
    return stop + 1;
  }

  private void endRunBesideChild() throws MalformedDocument {
    if (runLength == 0) {
      return;
    }
    byte[] from = runInScratch ? document.scratch() : bytes;
    boolean blank = true;
    for (int i = runStart, stop = runStart + runLength; i < stop && blank; i++) {
      blank = isSpace(from[i]);
    }
    if (!blank) {
      document.setObject(current);
      int nameStart = document.scratchLength();
      document.scratch(TEXT_NAME, 0, TEXT_NAME.length);
      int node = document.addNamed(current, TEXT_NAME_HASH, nameStart, TEXT_NAME.length, true);
      document.setText(node, runStart, runLength, runInScratch);
    }
    clearRun();
  }

  private void clearRun() {
    runStart = at;
    runLength = 0;
    runInScratch = false;
  }

  private void skipInstruction() throws MalformedDocument {
    for (int to = at + 2; to + 1 < end; to++) {
      if (bytes[to] == '?' && bytes[to + 1] == '>') {
        at = to + 2;
        return;
      }
    }
    throw malformed(Reason.TRUNCATED);
  }

  /** Skips a comment; whatever else starts with {@code <!} could declare something. */
  private void skipComment() throws MalformedDocument {
    if (!startsWith(COMMENT)) {
      throw malformed(Reason.DOCTYPE);
    }
    for (int to = at + COMMENT.length; to + 2 < end; to++) {
      if (bytes[to] == '-' && bytes[to + 1] == '-') {
        if (bytes[to + 2] != '>') {
          throw malformed(Reason.SYNTAX);
        }
        at = to + 3;
        return;
      }
    }
    throw malformed(Reason.TRUNCATED);
  }

  private boolean startsWith(byte[] prefix) {
    return end - at >= prefix.length
        && Arrays.equals(bytes, at, at + prefix.length, prefix, 0, prefix.length);
  }

  private void skipSpace() {
    while (at < end && isSpace(bytes[at])) {
      at++;
    }
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\t' || b == '\r';
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

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
