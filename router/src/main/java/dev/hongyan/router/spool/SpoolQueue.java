package dev.hongyan.router.spool;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.metrics.Tally;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments in the order in which they are drained, the newest last. Lives on the spool's
 * thread.
 */
final class SpoolQueue {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolQueue.class);

  /**
   * What leaves as one call of the log's for a tenant, so that a call that fails leaves no hole
   * (see {@code LogAppender}).
   */
  static final int CHUNK_MESSAGES = 256;

  static final int CHUNK_BYTES = 1 << 20;

  private final Path dir;
  private final Path badDir;
  private final SpoolFolder own;
  private final SegmentWriter writer;
  private final Disk disk;
  private final Backlog backlog;
  private final AtomicLong used;
  private final Tally bad;
  private final ArrayDeque<Segment> segments = new ArrayDeque<>();
  private final Map<SpoolFolder, Integer> adopted = new HashMap<>();
  private final AtomicLong badBytes = new AtomicLong();
  private volatile long oldestMillis;
  private @Nullable SegmentScan scan;

  /** Where in the first segment {@link #scan} begins. */
  private int scanBase;

  SpoolQueue(
      Path dir,
      SpoolFolder own,
      SegmentWriter writer,
      Disk disk,
      Backlog backlog,
      AtomicLong used,
      Metrics metrics)
      throws IOException {
    this.dir = dir;
    this.badDir = dir.resolve("bad");
    this.own = own;
    this.writer = writer;
    this.disk = disk;
    this.backlog = backlog;
    this.used = used;
    this.bad = metrics.tally(Series.SPOOL_BAD);
    if (Files.isDirectory(badDir)) {
      try (Stream<Path> all = Files.list(badDir)) {
        for (Path file : all.toList()) {
          badBytes.addAndGet(Files.size(file));
        }
      }
      used.addAndGet(badBytes.get());
    }
  }

  /** When the oldest message was spooled, about; 0 when there is none. From any thread. */
  long oldestMillis() {
    return oldestMillis;
  }

  /** What was set aside; from any thread. */
  long badBytes() {
    return badBytes.get();
  }

  /** Where new records go. */
  Segment newest() throws IOException {
    Segment newest = writer.segment();
    if (segments.peekLast() != newest) {
      segments.addLast(newest);
    }
    return newest;
  }

  void written(Segment to, long nowMillis) {
    if (oldestMillis == 0) {
      oldestMillis = nowMillis;
    }
  }

  /** Takes over the folders that nobody holds any more; true when something was in them. */
  boolean adopt() throws IOException {
    boolean some = false;
    for (Path path : SpoolFolder.below(dir, own.path(), badDir)) {
      if (adopted.keySet().stream().anyMatch(folder -> folder.path().equals(path))) {
        continue;
      }
      SpoolFolder folder = SpoolFolder.take(path);
      if (folder == null) {
        continue;
      }
      List<Segment> found = new ArrayList<>();
      for (Segment segment : folder.segments()) {
        if (recover(segment)) {
          found.add(segment);
        }
      }
      if (found.isEmpty()) {
        folder.close();
        continue;
      }
      LOG.info("Adopted {} segments of the spool from {}", found.size(), path.getFileName());
      adopted.put(folder, found.size());
      insert(found);
      some = true;
    }
    return some;
  }

  /** They are older than ours, but not before the one that is being read. */
  private void insert(List<Segment> older) {
    Segment reading = scan == null ? null : segments.pollFirst();
    for (int i = older.size() - 1; i >= 0; i--) {
      segments.addFirst(older.get(i));
    }
    if (reading != null) {
      segments.addFirst(reading);
    }
  }

  /**
   * Counts what is in a segment and cuts off what was not written whole; false when it is empty.
   */
  private boolean recover(Segment segment) throws IOException {
    segment.sealed = true;
    segment.length = (int) Math.min(Integer.MAX_VALUE - 8, Files.size(segment.path));
    SegmentScan all = new SegmentScan(read(segment, 0), segment.mark, true);
    for (Spooled one = all.next(); one != null; one = all.next()) {
      segment.add(one.message().tenant());
      if (oldestMillis == 0 || one.spooledAtMillis() < oldestMillis) {
        oldestMillis = one.spooledAtMillis();
      }
    }
    if (all.isTorn()) {
      LOG.warn(
          "{}: {} bytes at the end were not written whole and are cut off",
          segment.path.getFileName(),
          segment.length - all.at());
      segment.length = all.at();
      try (FileChannel file = FileChannel.open(segment.path, StandardOpenOption.WRITE)) {
        file.truncate(segment.length).force(false);
      }
    }
    if (segment.length == 0) {
      Files.deleteIfExists(segment.path);
      return false;
    }
    used.addAndGet(segment.length);
    segment.messages().forEach(backlog::add);
    return true;
  }

  /** The oldest messages; null when there are none. */
  @Nullable Chunk next() throws IOException {
    try {
      return find();
    } catch (IOException | RuntimeException e) {
      scan = null; // what was read and not handed out is read again
      throw e;
    }
  }

  private @Nullable Chunk find() throws IOException {
    for (Segment first = segments.peekFirst(); first != null; first = segments.peekFirst()) {
      if (scan == null && !first.isReadToItsEnd()) {
        scanBase = first.readTo;
        scan = new SegmentScan(read(first, scanBase), first.mark, false);
      }
      if (scan != null) {
        Chunk chunk = take(first, scan);
        if (!chunk.messages().isEmpty()) {
          oldestMillis = chunk.messages().get(0).spooledAtMillis();
          return chunk;
        }
        scan = null;
        first.readTo = chunk.end();
      }
      if (!first.isReadToItsEnd()) {
        continue; // it has grown meanwhile
      }
      if (!first.sealed) {
        break;
      }
      finish(segments.removeFirst());
    }
    oldestMillis = 0;
    return null;
  }

  private Chunk take(Segment segment, SegmentScan from) throws IOException {
    List<Spooled> messages = new ArrayList<>();
    int bytes = 0;
    while (messages.size() < CHUNK_MESSAGES && bytes < CHUNK_BYTES) {
      Spooled one = from.next();
      if (one == null) {
        break;
      }
      messages.add(one);
      bytes += one.message().event().length;
    }
    List<SegmentScan.Range> unreadable = from.takeBad();
    for (SegmentScan.Range range : unreadable) {
      LOG.error(
          "{}: {} bytes at {} cannot be read and are set aside",
          segment.path.getFileName(),
          range.to() - range.from(),
          scanBase + range.from());
      bad.add();
      setAside(segment, ByteBuffer.wrap(from.data(), range.from(), range.to() - range.from()));
    }
    if (!unreadable.isEmpty() && !segment.sealed) {
      writer.seal(); // only a segment that ends says whose messages it has lost
    }
    return new Chunk(segment, messages, scanBase + from.at());
  }

  void done(Chunk chunk, List<Spooled> refusedForGood) throws IOException {
    Segment segment = chunk.segment();
    for (Spooled one : refusedForGood) {
      byte[] record = RecordFormat.encode(one.message(), one.spooledAtMillis());
      RecordFormat.mark(record, segment.mark);
      bad.add();
      setAside(segment, ByteBuffer.wrap(record));
    }
    for (Spooled one : chunk.messages()) {
      segment.remove(one.message().tenant());
    }
    segment.readTo = chunk.end();
  }

  /** Deletes the newest segment once all of it was drained. */
  void tidy() {
    Segment only = segments.peekFirst();
    if (only != null && segments.size() == 1 && only.isReadToItsEnd()) {
      scan = null;
      if (!only.sealed) {
        writer.seal();
      }
      finish(segments.removeFirst());
    }
  }

  void close() throws IOException {
    tidy();
    own.close();
    for (SpoolFolder folder : adopted.keySet()) {
      folder.close();
    }
  }

  private void finish(Segment segment) {
    // Whoever was lost to damage is not waited for any longer.
    Map<String, Integer> lost = Map.copyOf(segment.messages());
    used.addAndGet(-segment.length);
    try {
      Files.deleteIfExists(segment.path);
      Integer left = adopted.computeIfPresent(segment.folder, (f, n) -> n == 1 ? null : n - 1);
      if (left == null && segment.folder != own) {
        segment.folder.close();
      }
    } catch (IOException e) {
      LOG.error("{} could not be deleted: {}", segment.path, e.toString());
    }
    lost.forEach(backlog::remove);
  }

  /** In the form of a segment, so that it can be put back. */
  private void setAside(Segment segment, ByteBuffer bytes) throws IOException {
    Files.createDirectories(badDir);
    String name = segment.path.getFileName().toString();
    int size = bytes.remaining();
    try (FileChannel file =
        FileChannel.open(
            badDir.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (bytes.hasRemaining()) {
        int unused = file.write(bytes);
      }
      file.force(false);
    }
    disk.syncFolder(badDir);
    badBytes.addAndGet(size);
    used.addAndGet(size);
  }

  /** From {@code from} to the end; what the file lacks is given up. */
  private byte[] read(Segment segment, int from) throws IOException {
    byte[] data = new byte[segment.length - from];
    try (FileChannel file = FileChannel.open(segment.path, StandardOpenOption.READ)) {
      ByteBuffer into = ByteBuffer.wrap(data);
      while (into.hasRemaining()) {
        if (file.read(into, from + into.position()) < 0) {
          data = Arrays.copyOf(data, into.position());
          break;
        }
      }
    } catch (NoSuchFileException somebodyTookIt) {
      data = new byte[0];
    }
    int lacks = segment.length - from - data.length;
    if (lacks > 0) {
      LOG.error("{}: the last {} bytes are gone", segment.path, lacks);
      bad.add();
      segment.length -= lacks;
      used.addAndGet(-lacks);
      if (!segment.sealed) {
        writer.seal();
      }
    }
    return data;
  }
}
