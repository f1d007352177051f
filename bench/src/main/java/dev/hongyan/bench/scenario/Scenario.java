package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Generator;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.process.Server;
import dev.hongyan.bench.process.Setup;
import dev.hongyan.bench.report.Result;
import java.io.IOException;

/** Something that is shown by loading a server. */
public interface Scenario {
  /** Runs it and hands on what was seen; blocking, ends by itself. */
  void run(Stage stage) throws InterruptedException, IOException;

  /**
   * What a scenario runs with.
   *
   * @param quick a short form, to see that everything works; its figures mean little
   * @param sessions how many sessions make a crowd
   * @param peers whether the peers are measured too
   * @param acks when durable receivers acknowledge
   */
  record Stage(
      Setup setup,
      Generator generator,
      boolean quick,
      int sessions,
      boolean peers,
      Receiver.Acks acks,
      Listener listener) {

    /** Where to connect to at a server, with the acks of this run. */
    Receiver.Target target(Server server) {
      return new Receiver.Target(server.port(), server.token(), "app.bench", acks);
    }

    /** Full length, or a fraction of it in the short form. */
    int seconds(int full, int quickly) {
      return quick ? quickly : full;
    }
  }

  /** Hears how a scenario goes on. */
  interface Listener {
    void progress(String what);

    void result(Result result) throws IOException;
  }
}
