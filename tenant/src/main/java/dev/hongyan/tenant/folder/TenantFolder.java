package dev.hongyan.tenant.folder;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.TenantService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a folder of YAML files ({@code *.yaml}, {@code *.yml}; not those that begin with a dot),
 * one tenant each, in the shape of the admin API with {@code accounts: […]} and further lists.
 * Secrets may be elsewhere: {@link SecretReferences}.
 *
 * <p>A change is noticed within half a second by the file system's own notices, and by looking at
 * every file each second (less often when there are so many that looking takes long), which also
 * sees the swapped links of a Kubernetes ConfigMap. A broken file is reported with its line and
 * leaves its tenant as it was. When a file goes, its tenant goes with all its data, provided the
 * tenant came from the folder and {@code prune} is set; nothing is removed while the folder itself
 * is missing or while there is a broken file of which nobody knows whose it is.
 *
 * <p>Lives on one event loop; files are read on worker threads.
 */
public final class TenantFolder {
  private static final Logger LOG = LoggerFactory.getLogger(TenantFolder.class);
  private static final Duration NOTICE_EVERY = Duration.ofMillis(250);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  /** Looking at files may take a twentieth of one core. */
  private static final int LOOK_SHARE = 20;

  private static final int READERS_MAX = 4;

  private final Vertx vertx;
  private final Path folder;
  private final TenantService service;
  private final TenantDirectory directory;
  private final boolean prune;
  private final SecretReferences secrets = SecretReferences.OF_THIS_PROCESS;
  private final Clock clock;
  private final Timers timers;
  private final List<Consumer<Report>> listeners = new CopyOnWriteArrayList<>();

  private Map<String, TenantFile> files = Map.of();
  private volatile List<String> faults = List.of();
  private @Nullable WatchService watch;
  private Timers.@Nullable Cancellable next;
  private long lookAgainNanos;
  private boolean stopped;

  /**
   * What one look at the folder came to.
   *
   * @param files how many there are
   * @param written tenants that were new or changed
   * @param removed tenants that went with their files
   * @param faults everything that is wrong now, as {@code file:line: message}
   * @param took how long it took until the store had everything
   */
  public record Report(int files, int written, int removed, List<String> faults, Duration took) {}

  public TenantFolder(
      Vertx vertx, Path folder, TenantService service, boolean prune, Clock clock, Timers timers) {
    this.vertx = vertx;
    this.folder = folder;
    this.service = service;
    this.directory = service.directory();
    this.prune = prune;
    this.clock = clock;
    this.timers = timers;
  }

  /** Calls {@code listener} after every look that found something new, on the event loop. */
  public void onReport(Consumer<Report> listener) {
    listeners.add(listener);
  }

  /** What is wrong in the folder now; any thread may ask. */
  public List<String> faults() {
    return faults;
  }

  /** Loads the folder, after {@link TenantService#start}, and follows it from then on. */
  public Future<Report> start() {
    return vertx
        .executeBlocking(this::openWatch, false)
        .compose(
            opened -> {
              watch = opened;
              return look();
            })
        .onSuccess(first -> schedule());
  }

  /** Stops following. */
  public void stop() {
    stopped = true;
    if (next != null) {
      next.cancel();
    }
    if (watch != null) {
      try {
        watch.close();
      } catch (IOException e) {
        LOG.debug("closing the watch of {}: {}", folder, e.toString());
      }
    }
  }

  private @Nullable WatchService openWatch() {
    try {
      WatchService service = folder.getFileSystem().newWatchService();
      WatchKey unused =
          folder.register(
              service,
              StandardWatchEventKinds.ENTRY_CREATE,
              StandardWatchEventKinds.ENTRY_MODIFY,
              StandardWatchEventKinds.ENTRY_DELETE);
      return service;
    } catch (IOException | UnsupportedOperationException e) {
      LOG.info("{} gives no notices of changes; it is looked at instead", folder);
      return null;
    }
  }

  private void schedule() {
    if (!stopped) {
      next = timers.after(NOTICE_EVERY, this::tick);
    }
  }

  private void tick() {
    if (!isNoticed() && clock.nanos() - lookAgainNanos < 0) {
      schedule();
      return;
    }
    var unused =
        look()
            .onFailure(
                e -> LOG.warn("The tenants of {} were not taken in: {}", folder, e.getMessage()))
            .onComplete(done -> schedule());
  }

  private boolean isNoticed() {
    WatchService from = watch;
    if (from == null) {
      return false;
    }
    boolean noticed = false;
    for (WatchKey key = from.poll(); key != null; key = from.poll()) {
      noticed = true;
      key.pollEvents();
      if (!key.reset()) {
        break;
      }
    }
    return noticed;
  }

  /** One look: read what changed, check the whole, write what is new, remove what is gone. */
  private Future<Report> look() {
    long began = clock.nanos();
    Map<String, TenantFile> before = files;
    return vertx
        .executeBlocking(this::list, false)
        .compose(paths -> readAll(paths, before))
        .compose(
            now -> {
              lookAgainNanos =
                  clock.nanos()
                      + Math.max(LOOK_EVERY.toNanos(), LOOK_SHARE * (clock.nanos() - began));
              return now == null ? unreadable(began) : apply(before, now, began);
            });
  }

  private Future<Report> unreadable(long began) {
    Report report =
        new Report(0, 0, 0, List.of(folder + ":1: is not a folder that can be read"), since(began));
    tell(report, !faults.equals(report.faults()));
    return Future.succeededFuture(report);
  }

  private @Nullable List<Path> list() {
    try {
      return FolderCheck.list(folder);
    } catch (IOException | DirectoryIteratorException e) {
      return null;
    }
  }

  private Future<@Nullable Map<String, TenantFile>> readAll(
      @Nullable List<Path> paths, Map<String, TenantFile> before) {
    if (paths == null) {
      return Future.succeededFuture(null);
    }
    int readers = Math.max(1, Math.min(READERS_MAX, Runtime.getRuntime().availableProcessors()));
    long wallMillis = clock.wallMillis();
    List<Future<Map<String, TenantFile>>> parts = new ArrayList<>();
    for (int i = 0; i < readers; i++) {
      int from = paths.size() * i / readers;
      int to = paths.size() * (i + 1) / readers;
      parts.add(
          vertx.executeBlocking(
              () -> readSome(paths.subList(from, to), before, wallMillis), false));
    }
    return Future.all(parts)
        .map(
            all -> {
              // Sorted, so that of two files for one tenant it is always the same that counts.
              Map<String, TenantFile> together = new TreeMap<>();
              for (Future<Map<String, TenantFile>> part : parts) {
                together.putAll(part.result());
              }
              return together;
            });
  }

  private Map<String, TenantFile> readSome(
      List<Path> paths, Map<String, TenantFile> before, long wallMillis) {
    Map<String, TenantFile> read = new HashMap<>();
    for (Path path : paths) {
      String name = path.getFileName().toString();
      try {
        read.put(
            name,
            TenantFile.look(
                path, before.get(name), service.routing().rules(), secrets, wallMillis));
      } catch (NoSuchFileException e) {
        LOG.debug("{} went while it was read", path);
      } catch (IOException e) {
        read.put(name, TenantFile.unreadable(name, before.get(name)));
      }
    }
    return read;
  }

  private Future<Report> apply(
      Map<String, TenantFile> before, Map<String, TenantFile> now, long began) {
    Map<String, String> owner = new HashMap<>();
    List<String> wrong = new ArrayList<>();
    List<Tenant> changed = new ArrayList<>();
    boolean someoneUnknown = false;
    for (Map.Entry<String, TenantFile> entry : now.entrySet()) {
      TenantFile file = entry.getValue();
      file.faults().forEach(f -> wrong.add(f.toString()));
      String id = file.tenantId();
      if (id == null) {
        someoneUnknown = true;
        continue;
      }
      String first = owner.putIfAbsent(id, entry.getKey());
      if (first != null) {
        wrong.add(entry.getKey() + ":1: tenant " + id + " is in " + first + " already");
        continue;
      }
      Tenant tenant = file.tenant();
      if (tenant != null && !isKnown(tenant)) {
        changed.add(tenant);
      }
    }
    Set<String> gone = prune && !someoneUnknown ? gone(owner.keySet()) : Set.of();
    Future<Integer> written =
        changed.isEmpty() ? Future.succeededFuture(0) : service.putAll(changed);
    return written
        .compose(count -> removeAll(List.copyOf(gone)))
        .map(
            removed -> {
              // Only now: what could not be written is tried again at the next look.
              Map<String, TenantFile> settled = new HashMap<>(now.size() * 2);
              now.forEach(
                  (name, file) -> {
                    String id = file.tenantId();
                    boolean shadowed = id != null && !name.equals(owner.get(id));
                    // A shadowed file keeps what it says, for when the other one goes.
                    settled.put(name, shadowed ? file : file.settled());
                  });
              files = settled;
              Report report =
                  new Report(now.size(), changed.size(), removed, List.copyOf(wrong), since(began));
              tell(
                  report,
                  before.isEmpty()
                      || !changed.isEmpty()
                      || removed > 0
                      || !faults.equals(report.faults()));
              return report;
            });
  }

  private boolean isKnown(Tenant tenant) {
    Tenant there = directory.find(tenant.id());
    return there != null
        && there.source() == Tenant.Source.FOLDER
        && there.contentHash().equals(tenant.contentHash());
  }

  private Set<String> gone(Set<String> kept) {
    Set<String> gone = new HashSet<>();
    for (Tenant tenant : directory.all()) {
      if (tenant.source() == Tenant.Source.FOLDER && !kept.contains(tenant.id())) {
        gone.add(tenant.id());
      }
    }
    return gone;
  }

  private Future<Integer> removeAll(List<String> ids) {
    Future<Integer> done = Future.succeededFuture(0);
    for (String id : ids) {
      done = done.compose(count -> service.prune(id).map(count + 1));
    }
    return done;
  }

  private void tell(Report report, boolean isNews) {
    faults = report.faults();
    if (!isNews) {
      return;
    }
    LOG.info(
        "{}: {} files, {} tenants written, {} removed, in {} ms",
        folder,
        report.files(),
        report.written(),
        report.removed(),
        report.took().toMillis());
    report.faults().stream().limit(20).forEach(f -> LOG.error("{}", f));
    listeners.forEach(l -> l.accept(report));
  }

  private Duration since(long began) {
    return Duration.ofNanos(clock.nanos() - began);
  }
}
