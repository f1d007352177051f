package dev.hongyan.router.destination;

import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClosedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** What went wrong in a few words of our own: what others say may repeat addresses and secrets. */
final class Trouble {
  static final String TIMEOUT = "timeout";
  static final String CONNECT_TIMEOUT = "connect: timeout";

  private Trouble() {}

  static String words(Throwable failure) {
    if (failure instanceof UnknownHostException) {
      return "dns: not found";
    }
    if (failure instanceof ConnectTimeoutException) {
      return CONNECT_TIMEOUT;
    }
    if (failure instanceof ConnectException) {
      String said = String.valueOf(failure.getMessage());
      return said.contains("refused") ? "connect: refused" : "connect: failed";
    }
    if (failure instanceof NoRouteToHostException) {
      return "connect: no route";
    }
    if (failure instanceof SSLException) {
      return isOfCertificate(failure) ? "tls: certificate" : "tls: handshake";
    }
    if (failure instanceof ConnectionPoolTooBusyException) {
      return "busy: too many connections";
    }
    if (failure instanceof TimeoutException) {
      return TIMEOUT;
    }
    if (failure instanceof HttpClosedException) {
      return "connection closed";
    }
    if (failure instanceof DecoderException) {
      return failure.getCause() instanceof SSLException tls ? words(tls) : "answer: not http";
    }
    if (failure instanceof IOException) {
      return "connection reset";
    }
    return "failed: " + failure.getClass().getSimpleName();
  }

  private static boolean isOfCertificate(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 8; depth++) {
      if (cause instanceof GeneralSecurityException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
