package dev.hongyan.router.cursor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.cursor.Resume.Gap;
import dev.hongyan.router.cursor.Resume.Verdict;
import dev.hongyan.router.log.LogHead;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeTest {
  /** Places 11 to 20 are kept. */
  private static final LogHead LOG = new LogHead("e1", 20, 11);

  @ParameterizedTest
  @CsvSource({
    "e1:20, RESUMED, e1:20, ", // at the head
    "e1:15, RESUMED, e1:15, ",
    "e1:10, RESUMED, e1:10, ", // everything kept is still to come
    "e1:9,  GAP,     e1:10, retention",
    "e1:0,  GAP,     e1:10, retention",
    "e1:21, RESET,   e1:10, epoch", // the log has forgotten what was seen already
    "e0:15, RESET,   e1:10, epoch",
    "e0:0,  RESET,   e1:10, epoch",
  })
  void aCursorComesToAVerdict(String cursor, Verdict verdict, String start, String reason) {
    Cursor at = Cursor.parse(cursor);
    Resume resume = Resume.at(at, LOG);
    Gap gap = reason == null ? null : new Gap(at, Cursor.parse(start), reason);
    assertThat(resume).isEqualTo(new Resume(verdict, Cursor.parse(start), 20, gap));
    assertThat(Resume.fresh(StartAt.parse(cursor), LOG)).isEqualTo(resume);
  }

  @Test
  void aNewReaderBeginsAtEitherEnd() {
    assertThat(Resume.fresh(StartAt.NOW, LOG))
        .isEqualTo(new Resume(Verdict.NEW, new Cursor("e1", 20), 20, null));
    assertThat(Resume.fresh(StartAt.FIRST, LOG))
        .isEqualTo(new Resume(Verdict.NEW, new Cursor("e1", 10), 20, null));
  }

  @Test
  void anEmptyLogHasOnePlaceToBegin() {
    LogHead empty = new LogHead("e1", 0, 1);
    Cursor zero = new Cursor("e1", 0);
    assertThat(Resume.fresh(StartAt.NOW, empty).start()).isEqualTo(zero);
    assertThat(Resume.fresh(StartAt.FIRST, empty).start()).isEqualTo(zero);
    assertThat(Resume.at(zero, empty).verdict()).isEqualTo(Verdict.RESUMED);
    assertThat(Resume.at(new Cursor("e1", 1), empty).verdict()).isEqualTo(Verdict.RESET);
  }

  @Test
  void aLogThatWasTrimmedWholeGoesOnAtItsHead() {
    LogHead trimmed = new LogHead("e1", 20, 21);
    assertThat(Resume.at(new Cursor("e1", 20), trimmed).verdict()).isEqualTo(Verdict.RESUMED);
    assertThat(Resume.at(new Cursor("e1", 19), trimmed).verdict()).isEqualTo(Verdict.GAP);
    assertThat(Resume.fresh(StartAt.FIRST, trimmed).start()).isEqualTo(new Cursor("e1", 20));
  }

  @Test
  void aCursorIsReadAsItIsWritten() {
    for (Cursor c :
        new Cursor[] {
          new Cursor("a", 0), new Cursor("abcdef0123456789", 999_999_999_999_999_999L)
        }) {
      assertThat(Cursor.parse(c.toString())).isEqualTo(c);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "a",
        "a:",
        ":1",
        "a:-1",
        "a:+1",
        "a:1 ",
        " a:1",
        "a:1:2",
        "A:1",
        "a:x",
        "a.b:1",
        "abcdef01234567890:1",
        "a:1000000000000000000",
        "a:١",
        "é:1"
      })
  void whatNeverWasACursorIsNone(String text) {
    assertThat(Cursor.parse(text)).isNull();
    assertThat(StartAt.parse(text)).isNull();
  }

  @Test
  void aStartIsAWordOrACursor() {
    assertThat(StartAt.parse(null)).isEqualTo(StartAt.NOW);
    assertThat(StartAt.parse("now")).isEqualTo(StartAt.NOW);
    assertThat(StartAt.parse("first")).isEqualTo(StartAt.FIRST);
    assertThat(StartAt.parse("a:7"))
        .isEqualTo(new StartAt(StartAt.Kind.CURSOR, new Cursor("a", 7)));
    assertThat(Verdict.values())
        .extracting(Verdict::word)
        .containsExactly("new", "resumed", "gap", "reset");
  }
}
