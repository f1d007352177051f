package dev.hongyan.wechat.document;

import dev.hongyan.wechat.document.Document.Kind;
import dev.hongyan.wechat.document.Field.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Writes a {@link Document} as one JSON object without loss: every field under WeChat's own name,
 * repeated siblings as an array wherever they stand, known lists as arrays also with one entry,
 * numbers only where the field is known to be one, ids always as strings. The root's name is
 * dropped. Used by one thread.
 */
public final class JsonWriter {
  /** Above this a number may lose digits in clients that read doubles; it stays a string. */
  private static final int NUMBER_DIGITS_MAX = 15;

  private final JsonBuffer out = new JsonBuffer();

  /** The JSON of the document's root, as a new array. */
  public byte[] write(Document document) {
    out.clear();
    if (document.isContainer(Document.ROOT)) {
      value(document, Document.ROOT, null, 0);
    } else {
      out.raw('{');
      out.raw('}');
    }
    return out.toBytes();
  }

  private void object(Document document, int node, int depth) {
    out.raw('{');
    boolean first = true;
    for (int child = document.firstChild(node);
        child != Document.NONE;
        child = document.nextHead(child)) {
      if (!first) {
        out.raw(',');
      }
      first = false;
      byte[] name = document.nameBytes(child);
      if (document.nameInScratch(child)) {
        out.quotedEscaped(name, document.nameStart(child), document.nameLength(child));
      } else {
        out.quotedRaw(name, document.nameStart(child), document.nameLength(child));
      }
      out.raw(':');
      member(document, child, depth + 1);
    }
    out.raw('}');
  }

  /** Writes what stands under one name: a value, or all values of that name. */
  private void member(Document document, int child, int depth) {
    Field field = document.field(child);
    Shape shape = field == null ? null : field.shape;
    boolean list =
        document.nextSame(child) != Document.NONE
            || (shape == Shape.LIST && document.kind(child) != Kind.ARRAY)
            || (shape == Shape.OBJECT_LIST && document.kind(child) == Kind.OBJECT);
    if (!list) {
      value(document, child, shape, depth);
      return;
    }
    out.raw('[');
    for (int same = child; same != Document.NONE; same = document.nextSame(same)) {
      if (same != child) {
        out.raw(',');
      }
      value(document, same, shape, depth);
    }
    out.raw(']');
  }

  private void value(Document document, int node, @Nullable Shape shape, int depth) {
    byte[] bytes = document.textBytes(node);
    int start = document.textStart(node);
    int length = document.textLength(node);
    switch (document.kind(node)) {
      case OBJECT -> object(document, node, depth);
      case ARRAY -> array(document, node, depth);
      case LITERAL -> out.raw(bytes, start, length);
      case NUMBER -> {
        if (shape == Shape.ID) {
          out.quotedRaw(bytes, start, length);
        } else {
          out.raw(bytes, start, length);
        }
      }
      case STRING -> {
        if (shape == Shape.TIME && isNumber(bytes, start, length)) {
          out.raw(bytes, start, length);
        } else {
          out.quotedRaw(bytes, start, length);
        }
      }
      case TEXT -> text(shape, bytes, start, length, depth);
    }
  }

  private void text(@Nullable Shape shape, byte[] bytes, int start, int length, int depth) {
    if (shape != null && shape != Shape.TEXT) {
      if ((shape == Shape.TIME || shape == Shape.NUMBER) && isNumber(bytes, start, length)) {
        out.raw(bytes, start, length);
        return;
      }
      if (shape == Shape.WORD && depth == 1) {
        int from = start;
        int to = start + length;
        while (from < to && isSpace(bytes[from])) {
          from++;
        }
        while (to > from && isSpace(bytes[to - 1])) {
          to--;
        }
        out.quotedEscaped(bytes, from, to - from);
        return;
      }
    }
    out.quotedEscaped(bytes, start, length);
  }

  private void array(Document document, int node, int depth) {
    out.raw('[');
    for (int entry = document.firstChild(node);
        entry != Document.NONE;
        entry = document.next(entry)) {
      if (entry != document.firstChild(node)) {
        out.raw(',');
      }
      value(document, entry, null, depth + 1);
    }
    out.raw(']');
  }

  private static boolean isNumber(byte[] bytes, int start, int length) {
    return length > 0
        && length <= NUMBER_DIGITS_MAX
        && JsonNumbers.end(bytes, start, start + length) == start + length;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\t' || b == '\r';
  }
}
