package dev.hongyan.router.spool;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One file of records. Its name holds its place among the others and the mark of its records, so
 * that no damage inside the file takes them along. Lives on the spool's thread.
 */
final class Segment {
  private static final Pattern NAME = Pattern.compile("([0-9a-f]{16})-([0-9a-f]{16})\\.log");

  final SpoolFolder folder;
  final Path path;
  final long mark;

  /** Bytes that are durable. */
  int length;

  /** Bytes that were taken over by the log, or set aside. */
  int readTo;

  /** Nothing is added any more. */
  boolean sealed;

  private final Map<String, Integer> messages = new HashMap<>();

  private Segment(SpoolFolder folder, Path path, long mark) {
    this.folder = folder;
    this.path = path;
    this.mark = mark;
  }

  /** A new one. */
  static Segment of(SpoolFolder folder, long number, long mark) {
    HexFormat hex = HexFormat.of();
    String name = hex.toHexDigits(number) + "-" + hex.toHexDigits(mark) + ".log";
    return new Segment(folder, folder.path().resolve(name), mark);
  }

  /** The one in this file, or null when the file is something else. */
  static @Nullable Segment at(SpoolFolder folder, Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches()
        ? new Segment(folder, file, Long.parseUnsignedLong(name.group(2), 16))
        : null;
  }

  void add(String tenant) {
    messages.merge(tenant, 1, Integer::sum);
  }

  void remove(String tenant) {
    messages.computeIfPresent(tenant, (t, n) -> n == 1 ? null : n - 1);
  }

  /** By tenant what is still in it; when it was read to its end: what could not be read. */
  Map<String, Integer> messages() {
    return messages;
  }

  boolean isReadToItsEnd() {
    return readTo >= length;
  }
}
