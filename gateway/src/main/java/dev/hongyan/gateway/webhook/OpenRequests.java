package dev.hongyan.gateway.webhook;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests whose body is not complete, oldest first, so that one timer per event loop ends the slow
 * ones: a list through the requests themselves, where adding and removing costs a few writes.
 */
final class OpenRequests {
  /** What unfinished bodies may hold on one event loop. */
  private static final long BYTES_MAX = 64L << 20;

  private @Nullable OpenRequest oldest;
  private @Nullable OpenRequest youngest;
  private long bytes;

  void add(OpenRequest request) {
    request.older = youngest;
    if (youngest == null) {
      oldest = request;
    } else {
      youngest.younger = request;
    }
    youngest = request;
  }

  /** Whether another {@code more} bytes may be kept; if so they count. */
  boolean reserve(int more) {
    if (bytes + more > BYTES_MAX) {
      return false;
    }
    bytes += more;
    return true;
  }

  /** Gives back what a request kept. */
  void release(OpenRequest request) {
    bytes -= request.kept;
    request.kept = 0;
  }

  /** Takes a request out; does nothing when it is out already. */
  void remove(OpenRequest request) {
    OpenRequest before = request.older;
    OpenRequest after = request.younger;
    if (before == null && oldest != request) {
      return;
    }
    if (before == null) {
      oldest = after;
    } else {
      before.younger = after;
    }
    if (after == null) {
      youngest = before;
    } else {
      after.older = before;
    }
    request.older = null;
    request.younger = null;
    release(request);
  }

  /** Takes out and hands over all that began at or before {@code startedNanos}. */
  void expire(long startedNanos, Consumer<OpenRequest> to) {
    OpenRequest next = oldest;
    while (next != null && next.startedNanos - startedNanos <= 0) {
      remove(next);
      to.accept(next);
      next = oldest;
    }
  }
}
