package dev.hongyan.tenant.store;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Redis in a data folder, kept alive and ended with us.
 *
 * <p>One process starts Redis on the folder ({@link Role#OWN}); another process on the same folder
 * joins that Redis ({@link Role#JOINED}). Whoever leaves last stops it. When the first process
 * goes, in whatever way, a joined one becomes the keeper within half a second and starts Redis
 * again if need be. A Redis that outlived a killed process is taken over by the next start on the
 * folder: that is the fastest way back, and nothing it has taken is lost.
 *
 * <p>A Redis that dies is started again after 50 ms, doubling to 2 s. All blocking work is done on
 * one thread of its own. Thread-safe.
 */
public final class EmbeddedRedis {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedRedis.class);
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final Duration JOIN_WITHIN = Duration.ofSeconds(8);
  private static final Duration LOAD_WITHIN = Duration.ofMinutes(5);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(3);
  private static final long POLL_MILLIS = 5;
  private static final long TAKE_OVER_MILLIS = 250;
  private static final long BACKOFF_MIN_MILLIS = 50;
  private static final long BACKOFF_MAX_MILLIS = 2_000;
  private static final long STABLE_NANOS = Duration.ofSeconds(30).toNanos();

  /** How we came to this Redis. */
  public enum Role {
    /** We keep it alive. */
    OWN,
    /** Another live process does. */
    JOINED
  }

  private final RedisFolder folder;
  private final ScheduledExecutorService keeper =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "hongyan-redis-keeper");
            thread.setDaemon(true);
            return thread;
          });

  private @Nullable FolderLocks locks;
  private volatile @Nullable String address;
  private volatile Role role = Role.JOINED;
  private volatile @Nullable ProcessHandle process;
  private volatile boolean closeAsked;
  private boolean closing;
  private long backoffMillis = BACKOFF_MIN_MILLIS;
  private long startedNanos;

  private EmbeddedRedis(RedisFolder folder) {
    this.folder = folder;
  }

  /**
   * Starts, takes over or joins the Redis of {@code options.dir()}; completes when it takes
   * commands (after loading its data). Fails with one line that says what is in the way.
   */
  public static Future<EmbeddedRedis> start(Vertx vertx, StoreOptions options) {
    EmbeddedRedis redis =
        new EmbeddedRedis(
            new RedisFolder(options.dir(), options.fsync(), vertx.isNativeTransportEnabled()));
    return redis
        .onKeeper(redis::begin)
        .map(ignored -> redis)
        .onFailure(ignored -> redis.keeper.shutdown());
  }

  /** Where it listens; stays the same when Redis is started again. Holds the password, if any. */
  public String address() {
    String at = address;
    if (at == null) {
      throw new IllegalStateException("not started");
    }
    return at;
  }

  public Role role() {
    return role;
  }

  /** The process id of Redis at this moment; -1 while there is none. */
  public long pid() {
    ProcessHandle now = process;
    return now != null && now.isAlive() ? now.pid() : -1;
  }

  /** Stops Redis when no other process uses it, else leaves it to them. Done within 5 s. */
  public Future<Void> close() {
    closeAsked = true; // ends a start that is still waiting for Redis to load
    return onKeeper(
            () -> {
              end();
              return null;
            })
        .<Void>mapEmpty()
        .onComplete(ignored -> keeper.shutdownNow());
  }

  // Everything below runs on the keeper thread.

  private @Nullable Void begin() throws IOException, InterruptedException {
    folder.create();
    FolderLocks ours = new FolderLocks(folder.path());
    locks = ours;
    try {
      long deadline = System.nanoTime() + JOIN_WITHIN.toNanos();
      while (!ours.tryJoin()) {
        waitUntil(deadline, "is being closed by another process that does not come to an end");
      }
      while (!ours.tryKeep()) {
        if (join()) {
          keeper.scheduleWithFixedDelay(
              this::takeOver, TAKE_OVER_MILLIS, TAKE_OVER_MILLIS, TimeUnit.MILLISECONDS);
          return null;
        }
        waitUntil(deadline, "is in use by another process whose Redis does not answer");
      }
      role = Role.OWN;
      adoptOrLaunch();
      return null;
    } catch (IOException | InterruptedException | RuntimeException e) {
      ours.close();
      throw e;
    }
  }

  private boolean join() throws IOException {
    String at = folder.usableAddress();
    if (at == null) {
      return false;
    }
    RedisProbe probe = new RedisProbe(at);
    if (!probe.isServing(PATIENCE)) {
      return false;
    }
    address = at;
    process = folder.processOf(probe.info(PATIENCE));
    return process != null;
  }

  /** Runs every 250 ms in a joined process: the keeper may be gone. */
  private void takeOver() {
    try {
      FolderLocks ours = locks;
      if (role == Role.OWN || closing || ours == null || !ours.tryKeep()) {
        return;
      }
      role = Role.OWN;
      LOG.info("This process now keeps the Redis in {}", folder.path());
      ProcessHandle found = folder.processOf(new RedisProbe(address()).info(PATIENCE));
      if (found != null) {
        watchAdopted(found);
      } else {
        launchAgain();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("Could not take over the Redis in {}: {}", folder.path(), e.toString());
    }
  }

  private void adoptOrLaunch() throws IOException, InterruptedException {
    String left = folder.usableAddress();
    ProcessHandle found =
        left == null ? null : folder.processOf(new RedisProbe(left).info(PATIENCE));
    if (left != null && found != null) {
      LOG.info(
          "Taking over the Redis that was left in {} (process {})", folder.path(), found.pid());
      address = left;
      watchAdopted(found);
      awaitServing(found);
    } else {
      launch();
    }
  }

  private void launch() throws IOException, InterruptedException {
    String at = folder.prepare();
    address = at;
    List<Path> programs = RedisBinary.candidates(folder.path());
    for (int i = 0; ; i++) {
      Process started = folder.start(programs.get(i));
      try {
        awaitServing(started.toHandle());
        watch(started.toHandle());
        startedNanos = System.nanoTime();
        return;
      } catch (IOException e) {
        started.destroyForcibly();
        if (i + 1 >= programs.size()) {
          throw e;
        }
      }
    }
  }

  private void awaitServing(ProcessHandle of) throws IOException, InterruptedException {
    RedisProbe probe = new RedisProbe(address());
    long deadline = System.nanoTime() + LOAD_WITHIN.toNanos();
    while (!probe.isServing(PATIENCE)) {
      if (!of.isAlive()) {
        throw new IOException("Redis ended at once: " + folder.lastLogLine());
      }
      waitUntil(deadline, "holds a Redis that does not get ready");
    }
  }

  private void watch(ProcessHandle of) {
    process = of;
    of.onExit()
        .thenRun(
            () -> {
              try {
                keeper.execute(() -> ended(of));
              } catch (RejectedExecutionException e) {
                LOG.debug("Redis ended after we did");
              }
            });
  }

  /**
   * A Redis that is not our child may stay a zombie for ever once it has ended, when nobody
   * collects it (a container without an init), and then gives no notice: look.
   */
  private void watchAdopted(ProcessHandle of) {
    process = of;
    lookAt(of);
  }

  private void lookAt(ProcessHandle of) {
    var unused =
        keeper.schedule(
            () -> {
              if (RedisFolder.isGone(of)) {
                ended(of);
              } else if (process == of && !closing) {
                lookAt(of);
              }
            },
            TAKE_OVER_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  private void ended(ProcessHandle which) {
    if (closing || process != which) {
      return;
    }
    LOG.error("Redis (process {}) ended by itself: {}", which.pid(), folder.lastLogLine());
    launchAgain();
  }

  private void launchAgain() {
    if (closing) {
      return;
    }
    if (System.nanoTime() - startedNanos > STABLE_NANOS) {
      backoffMillis = BACKOFF_MIN_MILLIS;
    }
    long delay = backoffMillis;
    backoffMillis = Math.min(BACKOFF_MAX_MILLIS, backoffMillis * 2);
    var unused =
        keeper.schedule(
            () -> {
              try {
                if (!closing) {
                  launch();
                  LOG.info("Redis runs again (process {})", pid());
                }
              } catch (IOException | RuntimeException e) {
                LOG.error("Redis could not be started: {}", e.getMessage());
                launchAgain();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            delay,
            TimeUnit.MILLISECONDS);
  }

  private void end() throws IOException, InterruptedException {
    FolderLocks ours = locks;
    if (closing || ours == null) {
      return;
    }
    closing = true;
    if (ours.leaveAsLast()) {
      ProcessHandle running = folder.processOf(new RedisProbe(address()).info(PATIENCE));
      ProcessHandle target = running != null ? running : process;
      if (target != null && target.isAlive()) {
        target.destroy(); // SIGTERM: Redis writes out what it has and leaves
        long deadline = System.nanoTime() + STOP_WITHIN.toNanos();
        while (!RedisFolder.isGone(target) && System.nanoTime() - deadline < 0) {
          TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        if (!RedisFolder.isGone(target)) {
          LOG.warn("Redis (process {}) did not leave in time and is killed", target.pid());
          target.destroyForcibly();
        }
      }
    } else {
      LOG.info("The Redis in {} is left to the other process", folder.path());
    }
    ours.close();
  }

  private void waitUntil(long deadline, String what) throws IOException, InterruptedException {
    if (closeAsked) {
      throw new IOException("closed before Redis was ready");
    }
    if (System.nanoTime() - deadline > 0) {
      throw new IOException("The data folder " + folder.path() + " " + what);
    }
    TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
  }

  private <T> Future<@Nullable T> onKeeper(Callable<@Nullable T> work) {
    Promise<@Nullable T> promise = Promise.promise();
    try {
      keeper.execute(
          () -> {
            try {
              promise.complete(work.call());
            } catch (Exception e) {
              if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
              }
              promise.fail(e instanceof UncheckedIOException u ? u.getCause() : e);
            }
          });
    } catch (RejectedExecutionException e) {
      promise.complete(null); // closed before
    }
    return promise.future();
  }
}
