package dev.hongyan.router.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class RecordFormatTest {
  private static final long MARK = 0x9e3779b97f4a7c15L;

  private static byte[] segment(List<NewMessage> messages) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (NewMessage message : messages) {
      byte[] record = RecordFormat.encode(message, 42);
      RecordFormat.mark(record, MARK);
      out.writeBytes(record);
    }
    return out.toByteArray();
  }

  private static List<NewMessage> random(Random random, int count) {
    List<NewMessage> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = "x".repeat(random.nextInt(200)) + "雁";
      out.add(
          random.nextInt(4) == 0
              ? new NewMessage(
                  "t" + i, new EntryHeader(i, "app.a", null, i, 7), null, null, new byte[0])
              : Pushes.push("t" + i % 3, "o" + i, i, text));
    }
    return out;
  }

  private static List<NewMessage> read(SegmentScan scan) {
    List<NewMessage> out = new ArrayList<>();
    for (Spooled one = scan.next(); one != null; one = scan.next()) {
      out.add(one.message());
    }
    return out;
  }

  private static boolean sameAs(List<NewMessage> a, List<NewMessage> b) {
    for (int i = 0; i < a.size(); i++) {
      if (i >= b.size() || !Pushes.same(a.get(i), b.get(i))) {
        return false;
      }
    }
    return a.size() == b.size();
  }

  @Property(tries = 200)
  void whatIsWrittenIsRead(
      @ForAll @LongRange(min = 0) long seed, @ForAll @IntRange(max = 20) int n) {
    List<NewMessage> messages = random(new Random(seed), n);
    SegmentScan scan = new SegmentScan(segment(messages), MARK, true);
    assertThat(sameAs(read(scan), messages)).isTrue();
    assertThat(scan.isTorn()).isFalse();
    assertThat(scan.takeBad()).isEmpty();
  }

  @Test
  void aSegmentThatEndsAtAnyByteOfItsLastRecordLosesThatRecordOnly() {
    List<NewMessage> messages = random(new Random(1), 4);
    byte[] whole = segment(messages);
    int before = segment(messages.subList(0, 3)).length;
    for (int cut = before; cut < whole.length; cut++) {
      SegmentScan scan = new SegmentScan(Arrays.copyOf(whole, cut), MARK, true);
      assertThat(sameAs(read(scan), messages.subList(0, 3))).as("cut at %d", cut).isTrue();
      assertThat(scan.at()).as("cut at %d", cut).isEqualTo(before);
      assertThat(scan.takeBad()).as("cut at %d", cut).isEmpty();
      assertThat(scan.isTorn()).as("cut at %d", cut).isEqualTo(cut > before);
    }
  }

  @Test
  void aFileThatHadGrownBeforeItsContentsCameIsTorn() {
    List<NewMessage> messages = random(new Random(2), 2);
    byte[] whole = segment(messages);
    SegmentScan scan = new SegmentScan(Arrays.copyOf(whole, whole.length + 4096), MARK, true);
    assertThat(read(scan)).hasSize(2);
    assertThat(scan.isTorn()).isTrue();
    assertThat(scan.at()).isEqualTo(whole.length);
  }

  /** Every byte is handed out as a record, reported as bad, or part of a torn tail. */
  @Property(tries = 2000)
  void flippedBitsNeverMakeAWrongRecordAndCostOnlyTheRecordsTheyHit(
      @ForAll @LongRange(min = 0) long seed,
      @ForAll @IntRange(min = 1, max = 12) int n,
      @ForAll @IntRange(min = 1, max = 3) int flips) {
    Random random = new Random(seed);
    List<NewMessage> messages = random(random, n);
    byte[] data = segment(messages);
    int[] ends = new int[n];
    for (int i = 0; i < n; i++) {
      ends[i] = segment(messages.subList(0, i + 1)).length;
    }
    boolean[] hit = new boolean[n];
    for (int f = 0; f < flips; f++) {
      int at = random.nextInt(data.length);
      data[at] ^= (byte) (1 << random.nextInt(8));
      int record = 0;
      while (ends[record] <= at) {
        record++;
      }
      hit[record] = true;
    }
    List<NewMessage> whole = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      if (!hit[i]) {
        whole.add(messages.get(i));
      }
    }
    SegmentScan scan = new SegmentScan(data, MARK, false);
    List<NewMessage> read = read(scan);
    // Two flips of the same bit may have undone each other.
    if (flips == 1) {
      assertThat(sameAs(read, whole)).isTrue();
      assertThat(scan.takeBad()).hasSize(1);
    } else {
      assertThat(read).allMatch(r -> messages.stream().anyMatch(m -> Pushes.same(m, r)));
      assertThat(whole).allMatch(m -> read.stream().anyMatch(r -> Pushes.same(m, r)));
    }
    assertThat(scan.at()).isEqualTo(data.length);
  }

  @Test
  void aMessageThatHoldsARecordIsNotMistakenForOneWhenItsOwnIsDamaged() {
    byte[] inner = RecordFormat.encode(Pushes.push("victim", "o", 1), 1);
    NewMessage outer =
        new NewMessage("evil", new EntryHeader(2, "app.x", null, 2, 0), "a", "k", inner);
    byte[] data = segment(List.of(outer, Pushes.push("acme", "o", 3)));
    data[9] ^= 1; // its length
    List<NewMessage> read = read(new SegmentScan(data, MARK, false));
    assertThat(read).hasSize(1);
    assertThat(read.get(0).tenant()).isEqualTo("acme");
  }

  @Test
  void theLargestEventFitsAndALargerOneDoesNot() {
    String largest = "x".repeat(LogAppender.MAX_EVENT_BYTES);
    byte[] data = segment(List.of(Pushes.push("acme", "o", 1, largest)));
    assertThat(read(new SegmentScan(data, MARK, true))).hasSize(1);
    assertThatThrownBy(() -> RecordFormat.encode(Pushes.push("acme", "o", 1, largest + "x"), 1))
        .isInstanceOf(ProblemException.class);
  }

  @Test
  void aRecordOfALaterVersionIsReportedAndNotGuessedAt() {
    byte[] record = RecordFormat.encode(Pushes.push("acme", "o", 1), 1);
    RecordFormat.mark(record, MARK);
    record[16] = 9;
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(record, 8, 4);
    crc.update(record, 16, record.length - 16);
    java.nio.ByteBuffer.wrap(record).putInt(12, (int) crc.getValue());
    SegmentScan scan = new SegmentScan(record, MARK, true);
    assertThat(read(scan)).isEmpty();
    assertThat(scan.takeBad()).hasSize(1);
    assertThat(new String(record, StandardCharsets.ISO_8859_1)).contains("acme");
  }
}
