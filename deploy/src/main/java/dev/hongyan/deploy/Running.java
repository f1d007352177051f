package dev.hongyan.deploy;

import dev.hongyan.deploy.node.Node;
import dev.hongyan.deploy.node.StartException;
import dev.hongyan.observability.logging.Logs;
import io.vertx.core.Future;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a command running while its node runs, and ends both on a signal. */
final class Running {
  private static final Logger LOG = LoggerFactory.getLogger(Running.class);

  /** Connections may take 17 s to move to another process, and all else 4 s to stop. */
  private static final long STOP_SECONDS = 23;

  private final PrintWriter err;

  Running(PrintWriter err) {
    this.err = err;
  }

  /**
   * Waits for the start, then for the signal.
   *
   * @return the exit status when the start failed; after a signal the process ends in its shutdown
   *     hook, with the status of the signal (143 for SIGTERM, 130 for Ctrl-C)
   */
  int untilSignal(Future<Node> starting) throws InterruptedException {
    // Before the start is done: a signal that comes meanwhile ends what is there.
    Thread hook = new Thread(() -> stop(starting), "hongyan-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      starting.toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException alreadyStopping) {
        LOG.debug("a signal came during the start");
      }
      return failed(cause == null ? e : cause);
    }
    new CountDownLatch(1).await();
    return 0;
  }

  /** Starts and stops: a rehearsal. */
  int once(Future<Node> starting) throws InterruptedException {
    try {
      Node node = starting.toCompletionStage().toCompletableFuture().get();
      node.stop().toCompletionStage().toCompletableFuture().get();
      return 0;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return failed(cause == null ? e : cause);
    }
  }

  private int failed(Throwable failure) {
    if (failure instanceof StartException) {
      err.println("hongyan: " + failure.getMessage());
    } else {
      // Not foreseen, so somebody will want to see where.
      LOG.error("the node could not start", failure);
      err.println("hongyan: the node could not start: " + failure);
    }
    return Hongyan.FAILED;
  }

  private static <T> T await(Future<T> future)
      throws ExecutionException, TimeoutException, InterruptedException {
    return future.toCompletionStage().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
  }

  private static void stop(Future<Node> starting) {
    try {
      LOG.info("stopping");
      // Not composed: what stops takes the event loop of a composed Future with it.
      Node node = await(starting);
      var unused = await(node.stop());
      LOG.info("stopped");
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("ended before everything had stopped: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      Logs.stop();
    }
  }
}
