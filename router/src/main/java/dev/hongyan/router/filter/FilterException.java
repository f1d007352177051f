package dev.hongyan.router.filter;

/** An expression that is no filter; the message is one line and names the place. */
public final class FilterException extends Exception {
  private static final long serialVersionUID = 1L;

  FilterException(int line, int column, String what) {
    super("line " + line + ", column " + column + ": " + what, null, false, false);
  }
}
