package dev.hongyan.observability.health;

/**
 * What a check found.
 *
 * @param detail a few words for the person who looks, never a secret; empty when there is nothing
 *     to say
 */
public record Status(State state, String detail) {

  /** From best to worst. */
  public enum State {
    UP("up"),
    DEGRADED("degraded"),
    DOWN("down");

    private final String word;

    State(String word) {
      this.word = word;
    }

    /** The word in the report. */
    public String word() {
      return word;
    }

    State worse(State other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  public static Status up() {
    return new Status(State.UP, "");
  }

  public static Status up(String detail) {
    return new Status(State.UP, detail);
  }

  public static Status degraded(String detail) {
    return new Status(State.DEGRADED, detail);
  }

  public static Status down(String detail) {
    return new Status(State.DOWN, detail);
  }
}
