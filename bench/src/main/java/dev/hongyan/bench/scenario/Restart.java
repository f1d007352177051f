package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.LogFill;
import dev.hongyan.bench.load.Publisher;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.process.HongyanServer;
import dev.hongyan.bench.report.Machine;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A node on a log of 10 GB, or of what fits: Redis has it all in memory. From {@code kill -9} to
 * open doors; from {@code kill -9} of node and Redis to open doors, for which Redis loads its files
 * first; then a durable subscriber that had one message before goes on at the second one.
 *
 * <p>Size is that of the messages' data, 1 KiB each; retention is set so that they stay.
 *
 * <pre>bin/bench restart --log-gb 4</pre>
 */
public final class Restart implements Scenario {
  private static final String TOPIC = "app.bench";
  private static final int BYTES = 1024;
  private static final double GIGABYTE = 1e9;
  private static final double MIB = 1 << 20;
  private static final double MOST_GIGABYTES = 10;
  private static final double QUICK_GIGABYTES = 0.05;
  private static final double OF_MEMORY = 0.4;

  /** The old files, the new ones and what grows meanwhile are there side by side in a rewrite. */
  private static final double OF_DISK = 0.25;

  private static final int TIMES = 3;
  private static final int READ = 10_000;
  private static final Duration FILL_WITHIN = Duration.ofMinutes(10);
  private static final Duration REWRITE_WITHIN = Duration.ofMinutes(5);
  private static final Duration LOAD_WITHIN = Duration.ofMinutes(6);
  private static final Duration READ_WITHIN = Duration.ofSeconds(60);

  @Override
  public void run(Stage stage) throws InterruptedException, IOException {
    double gigabytes = gigabytes(stage);
    long count = (long) (gigabytes * GIGABYTE / BYTES);
    try (HongyanServer server =
        HongyanServer.start(stage.setup(), Map.of("HONGYAN_RETENTION_MESSAGES", "1000000000"))) {
      Seen seen = new Seen();
      Reader reader = new Reader(stage, server, seen);
      reader.takeTheFirst();
      server.kill();
      Map<String, Double> figures = new LinkedHashMap<>();
      long messages = fill(stage, server, count, figures);
      restarts(stage, server, figures);
      reader.goOn(messages, figures);
      figures.put("load average of the machine", Costs.loadAverage());
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("log GB", Math.round(gigabytes * 100) / 100.0);
      stage
          .listener()
          .result(
              new Result(
                  "restart",
                  server.name(),
                  parameters,
                  figures,
                  stage.generator().call(() -> Map.copyOf(seen.errors()))));
    }
  }

  private static double gigabytes(Stage stage) throws IOException {
    if (stage.logGigabytes() > 0) {
      return stage.logGigabytes();
    }
    if (stage.quick()) {
      return QUICK_GIGABYTES;
    }
    double memory = OF_MEMORY * Machine.availableMemoryBytes() / GIGABYTE;
    double disk =
        OF_DISK
            * java.nio.file.Files.getFileStore(stage.setup().work()).getUsableSpace()
            / GIGABYTE;
    double fits = Math.min(MOST_GIGABYTES, Math.min(memory, disk));
    if (fits < MOST_GIGABYTES) {
      stage
          .listener()
          .progress(
              "no log of 10 GB: Redis needs it in memory, and of what is available here 40 % are "
                  + Math.round(memory * 10) / 10.0
                  + " GB; a quarter of the disk is "
                  + Math.round(disk)
                  + " GB");
    }
    return fits;
  }

  private static long fill(
      Stage stage, HongyanServer server, long count, Map<String, Double> figures)
      throws InterruptedException {
    stage.listener().progress("writing " + count + " messages of " + BYTES + " B");
    try (LogFill log =
        new LogFill(stage.generator(), server.storeAddress(), HongyanServer.TENANT, TOPIC)) {
      long from = System.nanoTime();
      long messages = log.add(1, count, BYTES, FILL_WITHIN);
      double seconds = (System.nanoTime() - from) / 1e9;
      figures.put("messages", (double) messages);
      figures.put("written per s", messages / seconds);
      if (!log.awaitRewritten(REWRITE_WITHIN)) {
        stage.listener().progress("Redis still rewrites its files");
      }
      figures.put("Redis memory MiB", log.storeBytes() / MIB);
      figures.put("Redis files MiB", server.storeFileBytes() / MIB);
      return messages;
    }
  }

  private static void restarts(Stage stage, HongyanServer server, Map<String, Double> figures) {
    server.restart(LOAD_WITHIN);
    figures.put("first start on it s", server.startSeconds());
    double most = 0;
    double sum = 0;
    int times = stage.quick() ? 1 : TIMES;
    for (int i = 0; i < times; i++) {
      stage.listener().progress("kill -9 of the node");
      double seconds = again(server, false);
      most = Math.max(most, seconds);
      sum += seconds;
    }
    figures.put("kill -9 until the doors are open s, mean", sum / times);
    figures.put("kill -9 until the doors are open s, max", most);
    stage.listener().progress("kill -9 of node and Redis");
    figures.put("kill -9 of Redis, too, until the doors are open s", again(server, true));
    figures.put("of it Redis loads s", server.storeLoadSeconds());
    figures.put("node RSS MiB", server.process().rssBytes() / MIB);
  }

  private static double again(HongyanServer server, boolean storeToo) {
    long killed = System.nanoTime();
    server.kill();
    if (storeToo) {
      server.killStore();
    }
    server.restart(LOAD_WITHIN);
    return (System.nanoTime() - killed) / 1e9;
  }

  /** The durable subscriber. */
  private static final class Reader implements Receiver.Watcher {
    private final Stage stage;
    private final Seen seen;
    private final Receiver.Target target;
    private final Receiver receiver;
    private String verdict = "";

    Reader(Stage stage, HongyanServer server, Seen seen) {
      this.stage = stage;
      this.seen = seen;
      this.target = stage.target(server);
      this.receiver =
          new Receiver(stage.generator(), seen, target, "reader", Receiver.Kind.DURABLE, this);
    }

    /** Has message 0, says so, and leaves. */
    void takeTheFirst() throws InterruptedException {
      stage.generator().run(receiver::connect);
      boolean there =
          stage.generator().await(READ_WITHIN, () -> receiver.state() == Receiver.State.CAUGHT_UP);
      Publisher publisher = new Publisher(stage.generator(), seen, target, BYTES);
      publisher.connectAndWait(Duration.ofSeconds(10));
      stage.generator().run(() -> publisher.fill(1, 1));
      there &= stage.generator().await(READ_WITHIN, () -> receiver.lastNumber() == 0);
      if (!there) {
        throw new IllegalStateException("the first message did not come; " + seen.errors());
      }
      stage.generator().pause(Duration.ofSeconds(2)); // the ack is saved with others
      stage.generator().run(publisher::end);
      stage.generator().run(receiver::cut);
    }

    /** Comes back and reads on. */
    void goOn(long messages, Map<String, Double> figures) throws InterruptedException {
      stage.listener().progress("the subscriber goes on");
      long from = System.nanoTime();
      stage.generator().run(receiver::connect);
      long last = Math.min(READ, messages - 1);
      boolean first = stage.generator().await(READ_WITHIN, () -> receiver.lastNumber() >= 1);
      figures.put("a durable subscriber has the next message after ms", since(from));
      boolean all = stage.generator().await(READ_WITHIN, () -> receiver.lastNumber() >= last);
      figures.put("and " + READ + " messages after ms", since(from));
      figures.put("resumed", verdict.equals("resumed") ? 1.0 : 0.0);
      figures.put("missing", (double) stage.generator().call(seen::missing));
      figures.put("twice", (double) stage.generator().call(seen::duplicates));
      if (!first || !all) {
        seen.error("only up to " + receiver.lastNumber() + " came");
      }
      stage.generator().run(receiver::cut);
    }

    private static double since(long nanos) {
      return (System.nanoTime() - nanos) / 1e6;
    }

    @Override
    public void attached(Receiver which, String said) {
      verdict = said;
    }

    @Override
    public void caughtUp(Receiver which) {}

    @Override
    public void lost(Receiver which, int code, String reason, boolean wasCaughtUp) {}
  }
}
