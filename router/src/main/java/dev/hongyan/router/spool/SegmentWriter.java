package dev.hongyan.router.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Appends records to the newest segment. Lives on the spool's thread. */
final class SegmentWriter {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentWriter.class);

  /** A segment that has grown to this is not added to. */
  static final int SEGMENT_BYTES = 4 << 20;

  private final SpoolFolder folder;
  private final Disk disk;
  private final LongSupplier marks;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
  private long number;
  private @Nullable Segment segment;
  private Disk.@Nullable Output file;

  SegmentWriter(SpoolFolder folder, Disk disk, LongSupplier marks) {
    this.folder = folder;
    this.disk = disk;
    this.marks = marks;
  }

  /** The segment that the next records go to; a new one when the present one is full. */
  Segment segment() throws IOException {
    Segment now = segment;
    if (now != null && now.length >= SEGMENT_BYTES) {
      seal();
      now = null;
    }
    if (now == null) {
      now = Segment.of(folder, ++number, marks.getAsLong());
      file = disk.create(now.path);
      disk.syncFolder(folder.path());
      segment = now;
    }
    return now;
  }

  /**
   * Writes all and makes them durable with one force. After a failure nothing of them counts: the
   * segment ends with what was durable before, and a force is not trusted a second time.
   */
  void write(Segment to, List<byte[]> records) throws IOException {
    Disk.Output out = file;
    if (out == null || to != segment) {
      throw new IllegalStateException("not the newest segment");
    }
    int bytes = 0;
    try {
      buffer.clear();
      for (byte[] record : records) {
        RecordFormat.mark(record, to.mark);
        bytes += record.length;
        int at = 0;
        while (at < record.length) {
          int piece = Math.min(record.length - at, buffer.remaining());
          buffer.put(record, at, piece);
          at += piece;
          if (!buffer.hasRemaining()) {
            out.write(buffer.flip());
            buffer.clear();
          }
        }
      }
      if (buffer.position() > 0) {
        out.write(buffer.flip());
      }
      out.force();
      to.length += bytes;
    } catch (IOException | RuntimeException failure) {
      try {
        out.truncate(to.length);
      } catch (IOException e) {
        LOG.warn("{} could not be cut back: {}", to.path.getFileName(), e.toString());
      }
      seal();
      throw failure;
    }
  }

  /** Ends the newest segment. */
  void seal() {
    Segment last = segment;
    Disk.Output open = file;
    segment = null;
    file = null;
    if (last != null) {
      last.sealed = true;
    }
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.warn("a segment of the spool did not close: {}", e.toString());
      }
    }
  }
}
