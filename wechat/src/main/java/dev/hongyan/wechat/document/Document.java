package dev.hongyan.wechat.document;

import dev.hongyan.wechat.document.MalformedDocument.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A parsed document as a table of nodes that point into the bytes it was read from. One object is
 * filled again and again, so reading costs no allocation; it is used by one thread, and its bytes
 * must stay unchanged while it is read. Node 0 is the root.
 *
 * <p>Limits: {@value #DEPTH_MAX} levels, {@value #NODES_MAX} nodes, {@value #NAMES_MAX} different
 * names in one element, {@value #LENGTH_MAX} bytes.
 */
public final class Document {
  /** Deepest nesting. */
  public static final int DEPTH_MAX = 32;

  /** Most elements or values. */
  public static final int NODES_MAX = 4096;

  /** Most different names in one element or object. */
  public static final int NAMES_MAX = 512;

  /** Longest document in bytes. */
  public static final int LENGTH_MAX = 1024 * 1024;

  /** No such node. */
  public static final int NONE = -1;

  /** The root node. */
  public static final int ROOT = 0;

  private static final int KEEP_NODES_MAX = 256;
  private static final int KEEP_SCRATCH_MAX = 16 * 1024;

  /** What a node is. */
  enum Kind {
    /** Named children. */
    OBJECT,
    /** Unnamed children (JSON). */
    ARRAY,
    /** Plain UTF-8. */
    TEXT,
    /** The inside of a JSON string, escapes and all. */
    STRING,
    /** A JSON number, as written. */
    NUMBER,
    /** true, false or null. */
    LITERAL
  }

  private byte[] source = new byte[0];
  private byte[] scratch = new byte[512];
  private int scratchLength;
  private int count;

  private Node[] nodes = newNodes(64);

  /** Fields of one row; rows are reused. */
  private static final class Node {
    Kind kind = Kind.TEXT;
    @Nullable Field field;
    int nameHash;
    int nameStart;
    int nameLength;
    boolean nameInScratch;
    int textStart;
    int textLength;
    boolean textInScratch;
    int parent;
    int firstChild;
    int lastChild;
    int next;

    /** First sibling of the same name (itself, if it is the first). */
    int head;

    /** Next sibling of the same name. */
    int nextSame;

    /** For a first one: the last sibling of the same name so far. */
    int lastSame;

    /** For a first one: the next sibling that is the first of its name. */
    int nextHead;

    /** Number of different names among the children, and the last first-of-its-name. */
    int names;

    int lastHead;
  }

  private static Node[] newNodes(int length) {
    Node[] rows = new Node[length];
    for (int i = 0; i < length; i++) {
      rows[i] = new Node();
    }
    return rows;
  }

  /** Empties the table for a document in {@code bytes}. */
  public void reset(byte[] bytes) {
    source = bytes;
    count = 0;
    scratchLength = 0;
    if (nodes.length > KEEP_NODES_MAX) {
      nodes = newNodes(64);
    }
    if (scratch.length > KEEP_SCRATCH_MAX) {
      scratch = new byte[512];
    }
  }

  // ---- filling, by the readers

  /** Adds the root or an array's next entry; it has no name that counts. */
  public int addUnnamed(int parent) throws MalformedDocument {
    int node = newNode(parent);
    Node row = nodes[node];
    row.field = null;
    row.nameStart = 0;
    row.nameLength = 0;
    row.nameHash = 0;
    row.nameInScratch = false;
    if (parent != NONE) {
      append(nodes[parent], node);
    }
    return node;
  }

  /** Adds a named child; siblings of the same name are chained. */
  public int addNamed(int parent, int hash, int nameStart, int nameLength, boolean inScratch)
      throws MalformedDocument {
    int node = newNode(parent);
    Node row = nodes[node];
    byte[] bytes = inScratch ? scratch : source;
    row.nameHash = hash;
    row.nameStart = nameStart;
    row.nameLength = nameLength;
    row.nameInScratch = inScratch;
    row.field = Field.find(hash, bytes, nameStart, nameLength);
    Node above = nodes[parent];
    int head = headOf(above, row, bytes);
    if (head == NONE) {
      if (++above.names > NAMES_MAX) {
        throw new MalformedDocument(Reason.COUNT, nameStart);
      }
      row.head = node;
      if (above.lastHead != NONE) {
        nodes[above.lastHead].nextHead = node;
      }
      above.lastHead = node;
    } else {
      row.head = head;
      Node first = nodes[head];
      nodes[first.lastSame].nextSame = node;
      first.lastSame = node;
    }
    append(above, node);
    return node;
  }

  private int headOf(Node above, Node row, byte[] bytes) {
    if (above.lastChild != NONE) {
      // Lists repeat one name: the sibling just before is the likely one.
      int head = nodes[above.lastChild].head;
      if (sameName(nodes[head], row, bytes)) {
        return head;
      }
    }
    for (int at = above.firstChild; at != NONE; at = nodes[at].nextHead) {
      if (sameName(nodes[at], row, bytes)) {
        return at;
      }
    }
    return NONE;
  }

  private boolean sameName(Node a, Node row, byte[] bytes) {
    return a.nameHash == row.nameHash
        && a.nameLength == row.nameLength
        && Arrays.equals(
            a.nameInScratch ? scratch : source,
            a.nameStart,
            a.nameStart + a.nameLength,
            bytes,
            row.nameStart,
            row.nameStart + row.nameLength);
  }

  private int newNode(int parent) throws MalformedDocument {
    if (count == nodes.length) {
      if (count >= NODES_MAX) {
        throw new MalformedDocument(Reason.COUNT, 0);
      }
      int old = nodes.length;
      nodes = Arrays.copyOf(nodes, old * 2);
      for (int i = old; i < nodes.length; i++) {
        nodes[i] = new Node();
      }
    }
    Node row = nodes[count];
    row.kind = Kind.TEXT;
    row.textStart = 0;
    row.textLength = 0;
    row.textInScratch = false;
    row.parent = parent;
    row.firstChild = NONE;
    row.lastChild = NONE;
    row.next = NONE;
    row.head = count;
    row.nextSame = NONE;
    row.lastSame = count;
    row.nextHead = NONE;
    row.names = 0;
    row.lastHead = NONE;
    return count++;
  }

  private void append(Node above, int node) {
    if (above.firstChild == NONE) {
      above.firstChild = node;
    } else {
      nodes[above.lastChild].next = node;
    }
    above.lastChild = node;
  }

  /** Makes the node an object, also without children. */
  public void setObject(int node) {
    nodes[node].kind = Kind.OBJECT;
  }

  /** Gives the node plain text, from the source or from scratch. */
  public void setText(int node, int start, int length, boolean inScratch) {
    Node row = nodes[node];
    row.kind = Kind.TEXT;
    row.textStart = start;
    row.textLength = length;
    row.textInScratch = inScratch;
  }

  void setArray(int node) {
    nodes[node].kind = Kind.ARRAY;
  }

  void setSource(int node, Kind kind, int start, int length) {
    Node row = nodes[node];
    row.kind = kind;
    row.textStart = start;
    row.textLength = length;
    row.textInScratch = false;
  }

  /** Where the next bytes written to scratch will lie. */
  public int scratchLength() {
    return scratchLength;
  }

  /** Copies bytes to scratch. */
  public void scratch(byte[] bytes, int start, int length) {
    ensureScratch(length);
    System.arraycopy(bytes, start, scratch, scratchLength, length);
    scratchLength += length;
  }

  /** Writes a character to scratch. */
  public void scratchCodePoint(int codePoint) {
    ensureScratch(4);
    scratchLength += Utf8.encode(codePoint, scratch, scratchLength);
  }

  /** The bytes of scratch. */
  public byte[] scratch() {
    return scratch;
  }

  private void ensureScratch(int more) {
    if (scratchLength + more > scratch.length) {
      scratch = Arrays.copyOf(scratch, Math.max(scratchLength + more, scratch.length * 2));
    }
  }

  // ---- reading

  /** Number of nodes; 0 before anything was read. */
  public int count() {
    return count;
  }

  /** The node this one is in, or {@link #NONE}. */
  public int parent(int node) {
    return nodes[node].parent;
  }

  /** First child or entry, or {@link #NONE}. */
  public int firstChild(int node) {
    return nodes[node].firstChild;
  }

  /** Next sibling, or {@link #NONE}. */
  public int next(int node) {
    return nodes[node].next;
  }

  /** Next sibling of the same name, or {@link #NONE}. */
  public int nextSame(int node) {
    return nodes[node].nextSame;
  }

  /** The meaning of the node's name, if it has one. */
  public @Nullable Field field(int node) {
    return nodes[node].field;
  }

  /** Whether the node has children or could have: an object or an array. */
  public boolean isContainer(int node) {
    Kind kind = nodes[node].kind;
    return kind == Kind.OBJECT || kind == Kind.ARRAY;
  }

  /** Whether the node is a JSON array. */
  public boolean isArray(int node) {
    return nodes[node].kind == Kind.ARRAY;
  }

  /** Whether the node's text, as it was written, is {@code expected}. */
  public boolean textEquals(int node, byte[] expected) {
    Node row = nodes[node];
    return row.textLength == expected.length
        && Arrays.equals(
            textBytes(node),
            row.textStart,
            row.textStart + row.textLength,
            expected,
            0,
            expected.length);
  }

  /** Whether the node's name is exactly {@code expected}. */
  public boolean nameIs(int node, byte[] expected) {
    Node row = nodes[node];
    return row.nameLength == expected.length
        && Arrays.equals(
            nameBytes(node),
            row.nameStart,
            row.nameStart + row.nameLength,
            expected,
            0,
            expected.length);
  }

  /** Takes white space off both ends of the node's text. */
  public void trim(int node) {
    Node row = nodes[node];
    byte[] bytes = textBytes(node);
    int from = row.textStart;
    int to = from + row.textLength;
    while (from < to && bytes[from] >= 0 && bytes[from] <= ' ') {
      from++;
    }
    while (to > from && bytes[to - 1] >= 0 && bytes[to - 1] <= ' ') {
      to--;
    }
    row.textStart = from;
    row.textLength = to - from;
  }

  Kind kind(int node) {
    return nodes[node].kind;
  }

  boolean isHead(int node) {
    return nodes[node].head == node;
  }

  int nextHead(int node) {
    return nodes[node].nextHead;
  }

  byte[] nameBytes(int node) {
    return nodes[node].nameInScratch ? scratch : source;
  }

  boolean nameInScratch(int node) {
    return nodes[node].nameInScratch;
  }

  int nameStart(int node) {
    return nodes[node].nameStart;
  }

  int nameLength(int node) {
    return nodes[node].nameLength;
  }

  /** The array that {@link #textStart} and {@link #textLength} refer to. */
  public byte[] textBytes(int node) {
    return nodes[node].textInScratch ? scratch : source;
  }

  /** Where the node's text starts. */
  public int textStart(int node) {
    return nodes[node].textStart;
  }

  /** Length of the node's text in bytes; 0 for containers. */
  public int textLength(int node) {
    return nodes[node].textLength;
  }

  /** Resolves the escapes of a JSON string, after which its text is plain UTF-8. */
  public void unescape(int node) {
    Node row = nodes[node];
    if (row.kind == Kind.STRING) {
      row.kind = Kind.TEXT;
      if (JsonStrings.hasEscape(source, row.textStart, row.textLength)) {
        int start = scratchLength;
        JsonStrings.unescape(source, row.textStart, row.textLength, this);
        row.textStart = start;
        row.textLength = scratchLength - start;
        row.textInScratch = true;
      }
    }
  }

  /** The node's text; null for containers and the JSON literal null. */
  public @Nullable String text(int node) {
    unescape(node);
    Node row = nodes[node];
    if (row.kind == Kind.OBJECT || row.kind == Kind.ARRAY) {
      return null;
    }
    String text =
        new String(textBytes(node), row.textStart, row.textLength, StandardCharsets.UTF_8);
    return row.kind == Kind.LITERAL && text.equals("null") ? null : text;
  }

  /** First child whose name is {@code name}, letter case of ASCII ignored; or {@link #NONE}. */
  public int child(int parent, byte[] name) {
    for (int at = nodes[parent].firstChild; at != NONE; at = nodes[at].next) {
      Node row = nodes[at];
      if (row.nameLength == name.length
          && equalsIgnoreCase(row.nameInScratch ? scratch : source, row.nameStart, name)) {
        return at;
      }
    }
    return NONE;
  }

  /** The text at a path of names below the root, first of each; null if there is none. */
  public @Nullable String text(String... path) {
    int node = ROOT;
    for (String name : path) {
      node = child(node, name.getBytes(StandardCharsets.UTF_8));
      if (node == NONE) {
        return null;
      }
    }
    return text(node);
  }

  private static boolean equalsIgnoreCase(byte[] bytes, int start, byte[] name) {
    for (int i = 0; i < name.length; i++) {
      if (lower(bytes[start + i]) != lower(name[i])) {
        return false;
      }
    }
    return true;
  }

  private static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }
}
