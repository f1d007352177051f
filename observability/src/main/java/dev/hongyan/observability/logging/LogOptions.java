package dev.hongyan.observability.logging;

/**
 * How to log.
 *
 * @param level the least severe level that is written, for our own classes; libraries stay at
 *     {@code INFO} or above
 * @param format one JSON object a line, or plain text for a person at a terminal
 * @param colours whether the text form uses colours; the JSON form never does
 * @param payloads whether openids may be read in the log; secrets never are
 */
public record LogOptions(Level level, Format format, boolean colours, boolean payloads) {

  /** From chatty to silent. */
  public enum Level {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  /** The two forms of a line. */
  public enum Format {
    JSON,
    TEXT
  }
}
