package dev.hongyan.simulator.delivery;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.net.URI;

/** Carries one request to a receiver. */
interface Wire {

  /**
   * Sends a request.
   *
   * @param method GET or POST
   * @param query the raw query
   * @param body the body; empty for GET
   */
  Exchange send(String method, URI url, String query, byte[] body, String contentType);

  /** A request on its way. */
  interface Exchange {
    /** The answer; fails if there was no connection or it broke. */
    Future<Answer> answer();

    /** Gives up: the connection is closed, a later answer is nobody's. */
    void abandon();
  }

  /** An answer as it came. */
  record Answer(int status, Buffer body) {}
}
