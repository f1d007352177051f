package dev.hongyan.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link dev.hongyan.bench.peer.BareVertx} as a process: no log, no acks, no tokens. */
public final class BareServer implements Server {
  private final int port = Child.freePort();
  private final Child child;

  private BareServer(Setup setup) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
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
      child = Child.start(setup.serverProcessors(), command, Map.of(), log, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static BareServer start(Setup setup) {
    return new BareServer(setup);
  }

  @Override
  public String name() {
    return "bare Vert.x";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String token() {
    return "";
  }

  @Override
  public Proc process() {
    return new Proc(child.pid());
  }

  @Override
  public @Nullable Proc store() {
    return null;
  }

  @Override
  public void close() {
    child.close();
  }
}
