package dev.hongyan.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@link dev.hongyan.bench.peer.BareVertx} as a process: no log, no acks, no tokens. */
public final class BareServer extends ChildServer {
  private BareServer(int port, Child child) {
    super("bare Vert.x", port, child, null);
  }

  public static BareServer start(Setup setup) {
    int port = Child.freePort();
    List<String> command = new ArrayList<>();
    command.add(setup.jdk().home().resolve("bin/java").toString());
    for (String option : setup.javaOptions().split(" ", -1)) {
      if (!option.isBlank()) {
        command.add(option);
      }
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "dev.hongyan.bench.peer.BareVertx",
            Integer.toString(port)));
    try {
      Path log = Files.createTempFile(setup.work(), "bare-", ".log");
      return new BareServer(
          port, Child.start(setup.serverProcessors(), command, Map.of(), log, port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
