package dev.hongyan.observability.tracing;

import java.nio.charset.StandardCharsets;

/**
 * One step on a message's way that is under way, kept or not: what it is called, and how it ended,
 * is told at its end.
 */
public final class Span {
  final long traceHigh;
  final long traceLow;
  final long id;

  /** The step before; 0 for the first of its trace. */
  final long parent;

  private final boolean kept;
  private final boolean sampled;

  /**
   * @param kept whether it goes to the collector however it ends
   * @param sampled whether those after it are told that the trace is kept
   */
  Span(long traceHigh, long traceLow, long id, long parent, boolean kept, boolean sampled) {
    this.traceHigh = traceHigh;
    this.traceLow = traceLow;
    this.id = id;
    this.parent = parent;
    this.kept = kept;
    this.sampled = sampled;
  }

  boolean isKept() {
    return kept;
  }

  /**
   * Writes the header for the next step into {@code out}, {@value TraceHeader#LENGTH} bytes. It
   * names this step if that can be found in the trace, and else passes on what came.
   */
  public void write(byte[] out, int at) {
    TraceHeader.write(out, at, traceHigh, traceLow, kept || parent == 0 ? id : parent, sampled);
  }

  /** The same as text. */
  public String header() {
    byte[] out = new byte[TraceHeader.LENGTH];
    write(out, 0);
    return new String(out, StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return header();
  }
}
