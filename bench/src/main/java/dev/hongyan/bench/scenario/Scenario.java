package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Generator;
import dev.hongyan.bench.load.Receiver;
import dev.hongyan.bench.process.PeerServer;
import dev.hongyan.bench.process.Server;
import dev.hongyan.bench.process.Setup;
import dev.hongyan.bench.report.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Something that is shown by loading a server. */
public interface Scenario {
  /** Runs it and hands on what was seen; blocking, ends by itself. */
  void run(Stage stage) throws InterruptedException, IOException;

  /**
   * What a scenario runs with.
   *
   * @param quick a short form, to see that everything works; its figures mean little
   * @param sessions how many sessions make a crowd; 0 for what each scenario is about
   * @param peers whether bare Vert.x is measured too
   * @param others whether those are too that others made and that are installed
   * @param acks when durable receivers acknowledge
   * @param logGigabytes how large a large log is; 0 for what fits
   */
  record Stage(
      Setup setup,
      Generator generator,
      boolean quick,
      int sessions,
      boolean peers,
      boolean others,
      Receiver.Acks acks,
      double logGigabytes,
      Listener listener) {

    /** The same with another setup. */
    Stage with(Setup other) {
      return new Stage(
          other, generator, quick, sessions, peers, others, acks, logGigabytes, listener);
    }

    /** How many sessions make a crowd, where nobody said so. */
    int sessionsOr(int usual) {
      return sessions > 0 ? sessions : usual;
    }

    /** Where to connect to at a server, with the acks of this run. */
    Receiver.Target target(Server server) {
      return new Receiver.Target(server.port(), server.token(), "app.bench", acks);
    }

    /** Those of them to be measured; says which are not installed. */
    List<PeerServer.Kind> others(List<PeerServer.Kind> of) {
      List<PeerServer.Kind> there = new ArrayList<>();
      for (PeerServer.Kind kind : others ? of : List.<PeerServer.Kind>of()) {
        if (PeerServer.isInstalled(setup, kind)) {
          there.add(kind);
        } else {
          listener.progress(kind.called() + " is not installed, so it is left out");
        }
      }
      return there;
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
