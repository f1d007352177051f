package dev.hongyan.observability.tracing;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes spans as OTLP has them: the protobuf message {@code ExportTraceServiceRequest} of
 * opentelemetry-proto 1. Keeps its buffer. For one thread.
 */
final class OtlpWriter {
  // Fields of the messages, as number << 3 | wire type.
  private static final int RESOURCE_SPANS = 1 << 3 | 2;
  private static final int RESOURCE = 1 << 3 | 2;
  private static final int RESOURCE_ATTRIBUTE = 1 << 3 | 2;
  private static final int SCOPE_SPANS = 2 << 3 | 2;
  private static final int SCOPE = 1 << 3 | 2;
  private static final int SCOPE_NAME = 1 << 3 | 2;
  private static final int SPAN = 2 << 3 | 2;
  private static final int SPAN_TRACE_ID = 1 << 3 | 2;
  private static final int SPAN_ID = 2 << 3 | 2;
  private static final int SPAN_PARENT_ID = 4 << 3 | 2;
  private static final int SPAN_NAME = 5 << 3 | 2;
  private static final int SPAN_KIND = 6 << 3;
  private static final int SPAN_START = 7 << 3 | 1;
  private static final int SPAN_END = 8 << 3 | 1;
  private static final int SPAN_ATTRIBUTE = 9 << 3 | 2;
  private static final int SPAN_STATUS = 15 << 3 | 2;
  private static final int SPAN_FLAGS = 16 << 3 | 5;
  private static final int PAIR_KEY = 1 << 3 | 2;
  private static final int PAIR_VALUE = 2 << 3 | 2;
  private static final int VALUE_TEXT = 1 << 3 | 2;
  private static final int VALUE_NUMBER = 3 << 3;
  private static final int STATUS_MESSAGE = 2 << 3 | 2;
  private static final int STATUS_CODE = 3 << 3;

  private static final int STATUS_ERROR = 2;
  private static final int FLAG_SAMPLED = 1;

  /** Bytes of a length that is filled in later; enough for 256 MiB. */
  private static final int LENGTH_BYTES = 4;

  private final String[] process;
  private byte[] out = new byte[64 * 1024];
  private int n;

  /**
   * @param process attributes of this process: name, value, name, value …
   */
  OtlpWriter(String... process) {
    this.process = process.clone();
  }

  /** Writes one request; it is in {@link #bytes} up to {@link #length} until the next. */
  void write(List<Ended> spans) {
    n = 0;
    int all = open(RESOURCE_SPANS);
    int resource = open(RESOURCE);
    for (int i = 0; i + 1 < process.length; i += 2) {
      pair(RESOURCE_ATTRIBUTE, process[i], process[i + 1]);
    }
    close(resource);
    int ofScope = open(SCOPE_SPANS);
    int scope = open(SCOPE);
    text(SCOPE_NAME, "dev.hongyan");
    close(scope);
    for (int i = 0; i < spans.size(); i++) {
      span(spans.get(i));
    }
    close(ofScope);
    close(all);
  }

  byte[] bytes() {
    return out;
  }

  int length() {
    return n;
  }

  private void span(Ended ended) {
    Span span = ended.span();
    int own = open(SPAN);
    room(80);
    out[n++] = SPAN_TRACE_ID;
    out[n++] = 16;
    bigEndian(span.traceHigh);
    bigEndian(span.traceLow);
    out[n++] = SPAN_ID;
    out[n++] = 8;
    bigEndian(span.id);
    if (span.parent != 0) {
      out[n++] = SPAN_PARENT_ID;
      out[n++] = 8;
      bigEndian(span.parent);
    }
    out[n++] = SPAN_KIND;
    out[n++] = kind(ended.kind());
    out[n++] = SPAN_START;
    fixed(ended.beganNanos(), 8);
    out[n++] = SPAN_END;
    fixed(ended.endedNanos(), 8);
    varint(SPAN_FLAGS);
    fixed(FLAG_SAMPLED, 4);
    text(SPAN_NAME, ended.name());
    @Nullable Object[] attributes = ended.attributes();
    for (int i = 0; i + 1 < attributes.length; i += 2) {
      Object value = attributes[i + 1];
      if (value != null) {
        pair(SPAN_ATTRIBUTE, String.valueOf(attributes[i]), value);
      }
    }
    String error = ended.error();
    if (error != null) {
      int status = open(SPAN_STATUS);
      text(STATUS_MESSAGE, error);
      room(2);
      out[n++] = STATUS_CODE;
      out[n++] = STATUS_ERROR;
      close(status);
    }
    close(own);
  }

  private static byte kind(Kind kind) {
    return (byte)
        switch (kind) {
          case SERVER -> 2;
          case CLIENT -> 3;
          case PRODUCER -> 4;
        };
  }

  private void pair(int field, String name, Object value) {
    int pair = open(field);
    text(PAIR_KEY, name);
    int of = open(PAIR_VALUE);
    if (value instanceof Long number) {
      room(12);
      out[n++] = VALUE_NUMBER;
      varint(number);
    } else {
      text(VALUE_TEXT, value.toString());
    }
    close(of);
    close(pair);
  }

  /** Begins a message inside this one; its length is written at its end. */
  private int open(int field) {
    room(5 + LENGTH_BYTES);
    varint(field);
    n += LENGTH_BYTES;
    return n;
  }

  /** A length may be written with more bytes than it needs, so nothing has to be moved. */
  private void close(int from) {
    int length = n - from;
    int at = from - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES - 1; i++) {
      out[at++] = (byte) (length & 127 | 128);
      length >>>= 7;
    }
    out[at] = (byte) length;
  }

  private void text(int field, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    room(10 + utf8.length);
    varint(field);
    varint(utf8.length);
    System.arraycopy(utf8, 0, out, n, utf8.length);
    n += utf8.length;
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~127L) != 0) {
      out[n++] = (byte) (rest & 127 | 128);
      rest >>>= 7;
    }
    out[n++] = (byte) rest;
  }

  private void bigEndian(long bits) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      out[n++] = (byte) (bits >>> shift);
    }
  }

  private void fixed(long bits, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out[n++] = (byte) (bits >>> (8 * i));
    }
  }

  private void room(int more) {
    if (n + more > out.length) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, n + more));
    }
  }
}
