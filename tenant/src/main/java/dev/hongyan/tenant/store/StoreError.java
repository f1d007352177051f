package dev.hongyan.tenant.store;

/**
 * Redis understood and said no: a script raised an error, a key holds another type. Not the store
 * being away, which is {@code Problem.STORE_UNAVAILABLE}. No stack trace.
 */
public final class StoreError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  StoreError(String message) {
    super(message, null, false, false);
    int space = message.indexOf(' ');
    this.code = space < 0 ? message : message.substring(0, space);
  }

  /** The first word of the message, e.g. {@code WRONGTYPE} or what a script made up. */
  public String code() {
    return code;
  }
}
