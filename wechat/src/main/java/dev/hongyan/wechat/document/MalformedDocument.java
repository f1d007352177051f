package dev.hongyan.wechat.document;

/**
 * A document that is refused. Without stack trace: hostile input makes many of these, and where in
 * our code it was noticed helps nobody. Says nothing of the document's content.
 */
public final class MalformedDocument extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why a document is refused. */
  public enum Reason {
    /** Nothing but white space. */
    EMPTY,
    /** Ends in the middle. */
    TRUNCATED,
    /** Not valid UTF-8, or a NUL. */
    ENCODING,
    /** A DOCTYPE or another declaration that could define entities. */
    DOCTYPE,
    /** A reference to an entity other than the five predefined ones, or to no valid character. */
    ENTITY,
    /** Against the grammar. */
    SYNTAX,
    /** Something after the end of the document. */
    TRAILING,
    /** A name twice in one JSON object. */
    DUPLICATE,
    /** Nested too deeply. */
    DEPTH,
    /** Too many elements, or too many different names in one element. */
    COUNT,
    /** Document, text or number too long. */
    LENGTH
  }

  private final Reason reason;

  /** A refusal at a byte offset. */
  public MalformedDocument(Reason reason, int offset) {
    super(reason + " at byte " + offset, null, false, false);
    this.reason = reason;
  }

  /** Why the document is refused. */
  public Reason reason() {
    return reason;
  }
}
