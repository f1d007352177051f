package dev.hongyan.deploy;

import dev.hongyan.deploy.config.Config;
import dev.hongyan.deploy.config.ConfigException;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.MasterKeyFile;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Changes the master key: writes the file of this machine, and asks a running node how far it is.
 */
@Command(
    name = "keys",
    description = "Change the master key that seals the secrets in the store.",
    mixinStandardHelpOptions = true,
    subcommands = {KeysCommand.Rotate.class, KeysCommand.State.class, KeysCommand.Retire.class})
final class KeysCommand implements Runnable {
  /** As long as what the proxy hands out in the place of access tokens is good for. */
  private static final Duration STAND_INS_LIVE = Duration.ofMinutes(125);

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  KeysCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "one of rotate, status, retire is missing");
  }

  /** What the subcommands have in common. */
  abstract static class Acting implements Callable<Integer> {
    @Spec CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    Acting() {}

    PrintWriter out() {
      return spec.commandLine().getOut();
    }

    @Override
    public Integer call() throws InterruptedException {
      try {
        int status = act();
        out().flush();
        return status;
      } catch (ConfigException e) {
        return Complaint.about(spec, e);
      } catch (AdminApi.Refused | IOException e) {
        spec.commandLine()
            .getErr()
            .println("hongyan: " + DeadLettersCommand.printable(String.valueOf(e.getMessage())));
        return Hongyan.FAILED;
      }
    }

    abstract int act() throws ConfigException, AdminApi.Refused, IOException, InterruptedException;

    static MasterKeyFile file(Config config) throws IOException {
      if (config.masterKey() != null) {
        throw new IOException(
            "the master key is in the configuration (masterKey); put it into a file and name that"
                + " by masterKeyFile, then it can be changed while nodes run");
      }
      return config.masterKeys();
    }

    static JsonObject status(AdminApi api) throws AdminApi.Refused, InterruptedException {
      return api.call("GET", "/master-keys", null);
    }
  }

  @Command(
      name = "rotate",
      description = {
        "Make a new master key and put it in front in the file of master keys.",
        "Nodes that run see it within a second or two. It seals once every node has it in front;"
            + " then what the other keys have sealed is sealed anew. See 'keys status'."
      },
      mixinStandardHelpOptions = true)
  static final class Rotate extends Acting {
    @Mixin private ConfigOption config;

    @Option(
        names = "--print",
        description =
            "Only print the new line, for a file that is written elsewhere: put it on top there.")
    private boolean print;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    Rotate() {}

    @Override
    int act() throws ConfigException, IOException {
      MasterKey made = MasterKey.make(new SecureRandom());
      if (print) {
        out().println(MasterKeyFile.line(made));
        return 0;
      }
      MasterKeyFile file = file(config.read());
      String id = file.add(made);
      out().println(file.path() + ": " + id + " is in front now. Keep a copy of this file.");
      return 0;
    }
  }

  @Command(
      name = "status",
      description = {
        "How much each master key has sealed, and which node has which.",
        "Exit status 0 when one key has sealed everything, 3 while there is still some under others."
      },
      mixinStandardHelpOptions = true)
  static final class State extends Acting {
    private static final int NOT_YET = 3;

    @Mixin private AdminApi api;

    @SuppressWarnings("NullAway.Init") // picocli sets the field
    State() {}

    @Override
    int act() throws AdminApi.Refused, InterruptedException {
      JsonObject status = status(api);
      String active = status.getString("active");
      boolean rest = false;
      for (Object each : status.getJsonArray("keys")) {
        JsonObject key = (JsonObject) each;
        boolean seals = key.getString("id").equals(active);
        long sealed = key.getLong("sealed");
        rest |= !seals && sealed > 0;
        out()
            .println(
                DeadLettersCommand.printable(
                    "key "
                        + key.getString("id")
                        + "  sealed "
                        + sealed
                        + (seals ? "  seals since " + status.getString("since") : "")
                        + (key.getBoolean("known") ? "" : "  NOT KNOWN")));
      }
      for (Object each : status.getJsonArray("nodes")) {
        JsonObject node = (JsonObject) each;
        boolean waits = !node.getString("wants").equals(node.getString("uses"));
        out()
            .println(
                DeadLettersCommand.printable(
                    "node "
                        + node.getString("id")
                        + "  uses "
                        + node.getString("uses")
                        + (waits ? ", waits to use " + node.getString("wants") : "")));
      }
      return rest || !status.getBoolean("resealed") ? NOT_YET : 0;
    }
  }

  @Command(
      name = "retire",
      description = {
        "Take a master key out of the file.",
        "Refused while anything in the store is sealed with it or any node uses it."
      },
      mixinStandardHelpOptions = true)
  static final class Retire extends Acting {
    @Mixin private ConfigOption config;
    @Mixin private AdminApi api;

    @Parameters(paramLabel = "ID", description = "As 'keys status' shows it.")
    private String id;

    @Option(
        names = "--now",
        description =
            "Do not wait until the access tokens that the proxy handed out before the change are"
                + " over (2 h 5 min). Who holds one gets errcode 42001 once and fetches another.")
    private boolean now;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    Retire() {}

    @Override
    int act() throws ConfigException, AdminApi.Refused, IOException, InterruptedException {
      MasterKeyFile file = file(config.read());
      JsonObject status = status(api);
      String no = objection(status);
      if (no != null) {
        throw new IOException(id + " stays: " + no);
      }
      file.remove(id);
      out().println(file.path() + ": " + id + " is out");
      return 0;
    }

    private @Nullable String objection(JsonObject status) {
      if (id.equals(status.getString("active"))) {
        return "it is the key that seals";
      }
      for (Object each : status.getJsonArray("nodes", new JsonArray())) {
        JsonObject node = (JsonObject) each;
        if (id.equals(node.getString("uses")) || id.equals(node.getString("wants"))) {
          return "node " + node.getString("id") + " uses it or has it in front";
        }
      }
      for (Object each : status.getJsonArray("keys", new JsonArray())) {
        JsonObject key = (JsonObject) each;
        if (id.equals(key.getString("id")) && key.getLong("sealed") > 0) {
          return key.getLong("sealed") + " texts are sealed with it";
        }
      }
      if (!status.getBoolean("resealed")) {
        return "what it has sealed is still being looked for";
      }
      Instant over = Instant.parse(status.getString("since")).plus(STAND_INS_LIVE);
      if (!now && Instant.now().isBefore(over)) {
        return "until " + over + " callers of the proxy may hold tokens from it; or --now";
      }
      return null;
    }
  }
}
