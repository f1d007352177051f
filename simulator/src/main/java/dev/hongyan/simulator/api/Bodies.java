package dev.hongyan.simulator.api;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.simulator.api.ApiRequest.UploadedFile;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads bodies into memory, as much as is allowed for one and for all. Used by one thread. */
final class Bodies {
  static final int BYTES_MAX = 1 << 20;

  /** The largest medium, and some for the form around it. */
  static final int UPLOAD_BYTES_MAX = (10 << 20) + (64 << 10);

  /** Of all bodies that are being read at a time. */
  static final long ALL_BYTES_MAX = 256L << 20;

  private long allBytes;

  /** A body that is too much. */
  static final class TooLarge extends IOException {
    private static final long serialVersionUID = 1L;

    TooLarge() {
      super("too much");
    }
  }

  /** What was read. */
  record Body(Buffer data, @Nullable UploadedFile file) {}

  /** Reads a body. Fails if there is too much of it, or the connection breaks. */
  Future<Body> read(HttpServerRequest request) {
    return new Reading(request, BYTES_MAX).plain();
  }

  /** Reads a form; the file is null if there is no part {@code media}, or no form. */
  Future<Body> readUpload(HttpServerRequest request) {
    return new Reading(request, UPLOAD_BYTES_MAX).upload();
  }

  private final class Reading {
    private final HttpServerRequest request;
    private final int bytesMax;
    private final Buffer data = Buffer.buffer();
    private final Promise<Body> promise = Promise.promise();
    private @Nullable HttpServerFileUpload part;
    private int bytes;
    private boolean over;

    Reading(HttpServerRequest request, int bytesMax) {
      this.request = request;
      this.bytesMax = bytesMax;
    }

    Future<Body> plain() {
      request.handler(
          chunk -> {
            if (counts(chunk)) {
              data.appendBuffer(chunk);
            }
          });
      return ending(() -> new Body(data, null));
    }

    Future<Body> upload() {
      try {
        request.setExpectMultipart(true);
      } catch (IllegalStateException noForm) {
        return plain().map(body -> new Body(body.data(), null));
      }
      request.uploadHandler(
          found -> {
            if (part != null || !found.name().equals("media")) {
              found.handler(this::counts);
              return;
            }
            part = found;
            found.handler(
                chunk -> {
                  if (counts(chunk)) {
                    data.appendBuffer(chunk);
                  }
                });
          });
      return ending(() -> new Body(Buffer.buffer(), file()));
    }

    private @Nullable UploadedFile file() {
      if (part == null) {
        return null;
      }
      String type = part.contentType();
      String name = part.filename();
      return new UploadedFile(name == null ? "" : name, type == null ? "" : type, data);
    }

    private Future<Body> ending(Supplier<Body> body) {
      request.endHandler(
          end -> {
            if (finish()) {
              promise.complete(body.get());
            }
          });
      request.exceptionHandler(
          failure -> {
            if (finish()) {
              promise.fail(failure);
            }
          });
      return promise.future();
    }

    @CanIgnoreReturnValue
    private boolean counts(Buffer chunk) {
      if (over) {
        return false;
      }
      bytes += chunk.length();
      allBytes += chunk.length();
      if (bytes > bytesMax || allBytes > ALL_BYTES_MAX) {
        if (finish()) {
          promise.fail(new TooLarge());
        }
        return false;
      }
      return true;
    }

    private boolean finish() {
      if (over) {
        return false;
      }
      over = true;
      allBytes -= bytes;
      return true;
    }
  }
}
