package dev.hongyan.gateway.proxy;

import io.vertx.core.http.HttpClosedException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * WeChat did not answer as it should. Its message is in words of our own: those of an HTTP client
 * repeat the address, and the address holds the token.
 */
final class Trouble extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What WeChat said all the same; the caller gets it. */
  private final transient @Nullable Answer answer;

  private final boolean callersFault;

  private Trouble(String message, @Nullable Answer answer, boolean callersFault) {
    super(message, null, false, false);
    this.answer = answer;
    this.callersFault = callersFault;
  }

  static Trouble because(String message) {
    return new Trouble(message, null, false);
  }

  /** WeChat answered that it is busy. */
  static Trouble busy(Answer answer) {
    return new Trouble("is busy", answer, false);
  }

  /** The caller went away with half of the request in its hands. */
  static Trouble callerGone() {
    return new Trouble("the caller went away", null, true);
  }

  static Trouble of(Throwable failure) {
    if (failure instanceof Trouble trouble) {
      return trouble;
    }
    if (failure instanceof UnknownHostException) {
      return because("is not known to the name server");
    }
    if (failure instanceof SSLException) {
      return because("failed in the TLS handshake");
    }
    if (failure instanceof ConnectException) {
      return because("cannot be connected");
    }
    if (failure instanceof HttpClosedException || failure instanceof java.io.IOException) {
      return because("dropped the connection");
    }
    return because("failed with " + failure.getClass().getSimpleName());
  }

  @Nullable Answer answer() {
    return answer;
  }

  boolean isCallersFault() {
    return callersFault;
  }
}
