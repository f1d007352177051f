package dev.hongyan.gateway.admin;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * An answer of JSON lines that is written while it is made: at most {@value #CHUNK_BYTES} bytes and
 * what the socket takes are in memory. Ends with the digest of all bytes as a trailer ({@code
 * Content-Digest}, RFC 9530).
 */
final class Lines {
  private static final int CHUNK_BYTES = 64 << 10;
  private static final String DIGEST = "Content-Digest";

  private final HttpServerResponse response;
  private final MessageDigest digest = sha256();
  private Buffer chunk = Buffer.buffer();
  private boolean gone;

  Lines(HttpServerResponse response) {
    this.response = response;
    response
        .setChunked(true)
        .putHeader("content-type", "application/x-ndjson")
        .putHeader("trailer", DIGEST)
        .exceptionHandler(e -> gone = true)
        .closeHandler(v -> gone = true);
  }

  /** Adds a line; the next one may come when this is done. Fails when the reader has gone. */
  Future<Void> line(String text) {
    return line(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The same. */
  Future<Void> line(byte[] utf8) {
    chunk.appendBytes(utf8).appendByte((byte) '\n');
    return chunk.length() < CHUNK_BYTES ? Future.succeededFuture() : flush();
  }

  /** SHA-256 of all lines so far, line ends included, as hex digits. */
  String sha256Hex() {
    take();
    try {
      return java.util.HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Buffer ready = Buffer.buffer();

  /** Moves what was added into the digest and to what is written next. */
  private void take() {
    if (chunk.length() > 0) {
      digest.update(chunk.getBytes());
      ready.appendBuffer(chunk);
      chunk = Buffer.buffer();
    }
  }

  private Future<Void> flush() {
    if (gone) {
      return Future.failedFuture("the reader has gone");
    }
    take();
    Buffer out = ready;
    ready = Buffer.buffer();
    Future<Void> written = response.write(out);
    if (!response.writeQueueFull()) {
      return Future.succeededFuture();
    }
    Promise<Void> drained = Promise.promise();
    response.drainHandler(v -> drained.tryComplete());
    written.onFailure(drained::tryFail);
    return drained.future();
  }

  /** Writes the rest and ends. */
  Future<Void> end() {
    return flush()
        .compose(
            flushed -> {
              response.putTrailer(
                  DIGEST, "sha-256=:" + Base64.getEncoder().encodeToString(digest.digest()) + ":");
              return response.end();
            });
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
