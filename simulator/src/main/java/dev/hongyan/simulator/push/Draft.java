package dev.hongyan.simulator.push;

/**
 * Something to be pushed, before it has a user, a time and a number. Made by {@link Messages} and
 * {@link Events}, or by hand for a type they do not know.
 *
 * @param kind what sort of document it becomes
 * @param type {@code MsgType}, {@code Event} or {@code InfoType}, in WeChat's case
 * @param fields its own fields, common ones left out
 */
public record Draft(Kind kind, String type, PushFields fields) {

  /** The sorts of documents WeChat pushes. */
  public enum Kind {
    /** A user's message; has a {@code MsgType} and gets a {@code MsgId}. */
    MESSAGE,
    /** An event; has {@code MsgType} event and an {@code Event}. */
    EVENT,
    /** A notice to a component of the Open Platform; has an {@code InfoType} and no user. */
    NOTICE
  }

  /** Any message type. */
  public static Draft message(String type, PushFields fields) {
    return new Draft(Kind.MESSAGE, type, fields);
  }

  /** Any event type. */
  public static Draft event(String type, PushFields fields) {
    return new Draft(Kind.EVENT, type, fields);
  }

  /** Any notice of the Open Platform. */
  public static Draft notice(String type, PushFields fields) {
    return new Draft(Kind.NOTICE, type, fields);
  }
}
