package dev.hongyan.deploy;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at dead letters, puts them back and deletes them, by the admin API of a running node. */
@Command(
    name = "dead-letters",
    description = "See, put back or delete the messages that consumers of a tenant gave up.",
    mixinStandardHelpOptions = true,
    subcommands = {
      DeadLettersCommand.Listing.class,
      DeadLettersCommand.Show.class,
      DeadLettersCommand.Redrive.class,
      DeadLettersCommand.Purge.class
    })
final class DeadLettersCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DeadLettersCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "one of list, show, redrive, purge is missing");
  }

  /** What the subcommands have in common: they ask, print, and give the status. */
  abstract static class Asking implements Callable<Integer> {
    @Mixin AdminApi api;

    @Option(names = "--tenant", required = true, description = "Whose.")
    String tenant;

    @Spec CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    Asking() {}

    String letters() {
      return "/tenants/" + AdminApi.encoded(tenant) + "/dead-letters";
    }

    PrintWriter out() {
      return spec.commandLine().getOut();
    }

    @Override
    public Integer call() throws InterruptedException {
      try {
        work();
        out().flush();
        return 0;
      } catch (AdminApi.Refused e) {
        spec.commandLine()
            .getErr()
            .println("hongyan: " + printable(String.valueOf(e.getMessage())));
        return Hongyan.FAILED;
      }
    }

    abstract void work() throws AdminApi.Refused, InterruptedException;
  }

  /** What others wrote must not steer the terminal. */
  static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
    return out.toString();
  }

  @Command(
      name = "list",
      description = "One line each, newest first: id, time, consumer, reason, attempts, error.",
      mixinStandardHelpOptions = true,
      showDefaultValues = true)
  static final class Listing extends Asking {
    @Option(names = "--consumer", description = "Only of this one, e.g. destination:crm.")
    private @Nullable String consumer;

    @Option(names = "--reason", description = "Only with this, e.g. worn-out.")
    private @Nullable String reason;

    @Option(names = "--limit", defaultValue = "50", description = "How many.")
    private int limit;

    @Override
    void work() throws AdminApi.Refused, InterruptedException {
      String query = AdminApi.query("consumer", consumer) + AdminApi.query("reason", reason);
      String after = null;
      int left = Math.max(1, limit);
      do {
        JsonObject page =
            api.call(
                "GET",
                letters()
                    + "?limit="
                    + Math.min(left, 100)
                    + query
                    + AdminApi.query("after", after),
                null);
        JsonArray items = page.getJsonArray("items", new JsonArray());
        for (int i = 0; i < items.size(); i++) {
          out().println(line(items.getJsonObject(i)));
        }
        left -= items.size();
        after = page.getString("next");
      } while (after != null && left > 0);
      if (after != null) {
        spec.commandLine().getErr().println("hongyan: there are more; raise --limit");
      }
    }

    private static String line(JsonObject letter) {
      return printable(
          String.join(
              "  ",
              letter.getString("id"),
              letter.getString("deadAt"),
              letter.getString("consumer"),
              letter.getString("reason"),
              String.valueOf(letter.getInteger("attempts")),
              letter.getString("lastError")));
    }
  }

  @Command(
      name = "show",
      description = "One dead letter as JSON, with its event.",
      mixinStandardHelpOptions = true)
  static final class Show extends Asking {
    @Parameters(paramLabel = "ID", description = "The first word of its line in the list.")
    private String id;

    @SuppressWarnings("NullAway.Init") // picocli sets the field
    Show() {}

    @Override
    void work() throws AdminApi.Refused, InterruptedException {
      JsonObject letter = api.call("GET", letters() + "/" + AdminApi.encoded(id), null);
      out().println(letter.encodePrettily());
    }
  }

  /** Which letters a command is about. */
  abstract static class Choosing extends Asking {
    @Option(names = "--id", description = "This one; can be given again and again.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--consumer", description = "Those of this one, e.g. destination:crm.")
    private @Nullable String consumer;

    @Option(names = "--reason", description = "Those with this reason, e.g. worn-out.")
    private @Nullable String reason;

    @Option(
        names = "--older-than",
        paramLabel = "TIME",
        description = "Those given up before, e.g. 2026-12-31T09:00:00+08:00.")
    private @Nullable String olderThan;

    @Option(names = "--all", description = "All of the tenant.")
    private boolean all;

    /** What the API is asked for. */
    JsonObject choice() {
      JsonObject filter = new JsonObject();
      put(filter, "consumer", consumer);
      put(filter, "reason", reason);
      put(filter, "olderThan", olderThan);
      int ways = (ids.isEmpty() ? 0 : 1) + (filter.isEmpty() ? 0 : 1) + (all ? 1 : 0);
      if (ways != 1) {
        throw new ParameterException(
            spec.commandLine(),
            "say which: --id, or --consumer, --reason and --older-than, or --all");
      }
      return ids.isEmpty()
          ? new JsonObject().put("filter", filter)
          : new JsonObject().put("ids", new JsonArray(new ArrayList<>(ids)));
    }

    private static void put(JsonObject filter, String name, @Nullable String value) {
      if (value != null) {
        filter.put(name, value);
      }
    }
  }

  @Command(
      name = "redrive",
      description = "Give them to their consumers again.",
      mixinStandardHelpOptions = true)
  static final class Redrive extends Choosing {
    @Override
    void work() throws AdminApi.Refused, InterruptedException {
      JsonObject choice = choice();
      int sum = 0;
      int missing = 0;
      boolean more = true;
      while (more) {
        JsonObject answer = api.call("POST", letters() + "/redrive", choice);
        int n = answer.getInteger("redriven", 0);
        sum += n;
        missing += answer.getInteger("missing", 0);
        more = answer.getBoolean("more", false) && n > 0;
      }
      out().println(sum + " put back" + (missing > 0 ? ", " + missing + " not there" : ""));
    }
  }

  @Command(name = "purge", description = "Delete them for good.", mixinStandardHelpOptions = true)
  static final class Purge extends Choosing {
    @Override
    void work() throws AdminApi.Refused, InterruptedException {
      JsonObject answer = api.call("POST", letters() + "/purge", choice());
      out().println(answer.getInteger("purged", 0) + " deleted");
    }
  }
}
