package dev.hongyan.deploy.node;

/** A node that could not start for a reason an operator can act on, said in one line. */
public final class StartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartException(String message) {
    super(message, null, false, false);
  }
}
