package dev.hongyan.router.cursor;

import dev.hongyan.router.log.LogHead;
import org.jspecify.annotations.Nullable;

/**
 * What a resume comes to: decided here, told to the client in {@code subscribed}.
 *
 * @param verdict how it went
 * @param start reading begins behind this place
 * @param head the newest place now
 * @param gap what the client will never see, for {@code gap} and {@code reset}
 */
public record Resume(Verdict verdict, Cursor start, long head, @Nullable Gap gap) {

  public enum Verdict {
    /** The reader is new here. */
    NEW("new"),
    /** Nothing is missing. */
    RESUMED("resumed"),
    /** The older part is gone; reading begins at the oldest message kept. */
    GAP("gap"),
    /** The log was replaced; reading begins at its oldest message. */
    RESET("reset");

    private final String word;

    Verdict(String word) {
      this.word = word;
    }

    /** The word of the protocol. */
    public String word() {
      return word;
    }
  }

  /**
   * A hole.
   *
   * @param from the last place the reader had, as it knew it
   * @param to the place behind which reading goes on
   * @param reason {@code retention} or {@code epoch}
   */
  public record Gap(Cursor from, Cursor to, String reason) {}

  /** A reader that comes for the first time; a cursor it brings is where it was elsewhere. */
  public static Resume fresh(StartAt at, LogHead log) {
    return switch (at.kind()) {
      case NOW -> new Resume(Verdict.NEW, new Cursor(log.epoch(), log.seq()), log.seq(), null);
      case FIRST ->
          new Resume(Verdict.NEW, new Cursor(log.epoch(), log.oldest() - 1), log.seq(), null);
      case CURSOR -> at.cursor() == null ? fresh(StartAt.NOW, log) : at(at.cursor(), log);
    };
  }

  /** A reader that stood at {@code cursor}. */
  public static Resume at(Cursor cursor, LogHead log) {
    Cursor oldest = new Cursor(log.epoch(), log.oldest() - 1);
    if (!cursor.epoch().equals(log.epoch()) || cursor.seq() > log.seq()) {
      return new Resume(Verdict.RESET, oldest, log.seq(), new Gap(cursor, oldest, "epoch"));
    }
    if (cursor.seq() < oldest.seq()) {
      return new Resume(Verdict.GAP, oldest, log.seq(), new Gap(cursor, oldest, "retention"));
    }
    return new Resume(Verdict.RESUMED, cursor, log.seq(), null);
  }
}
