package dev.hongyan.deploy;

import dev.hongyan.deploy.node.NodeRules;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantJson;
import dev.hongyan.tenant.folder.FolderCheck;
import dev.hongyan.tenant.routing.RoutingJson;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at a folder of tenants before a node does. */
@Command(
    name = "tenants",
    description = "Check a folder of tenant files, and see what it would change.",
    mixinStandardHelpOptions = true,
    subcommands = {TenantsCommand.Check.class, TenantsCommand.Plan.class})
final class TenantsCommand implements Runnable {
  /** There is something to change. */
  static final int CHANGES = 3;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  TenantsCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "one of check, plan is missing");
  }

  /** What the subcommands have in common. */
  abstract static class Looking implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "The folder, as tenants.dir names it.")
    private Path dir;

    @Spec private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    Looking() {}

    @Override
    public Integer call() throws InterruptedException {
      try {
        FolderCheck.Result result = FolderCheck.of(dir, NodeRules.ROUTING);
        for (String fault : result.faults()) {
          spec.commandLine().getErr().println(DeadLettersCommand.printable(fault));
        }
        return result.faults().isEmpty() ? with(result) : Hongyan.FAILED;
      } catch (AdminApi.Refused e) {
        spec.commandLine()
            .getErr()
            .println("hongyan: " + DeadLettersCommand.printable(String.valueOf(e.getMessage())));
      } catch (IOException e) {
        spec.commandLine().getErr().println("hongyan: " + dir + " is not a folder to be read");
      }
      return Hongyan.FAILED;
    }

    void say(String line) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(DeadLettersCommand.printable(line));
      out.flush();
    }

    abstract int with(FolderCheck.Result result) throws AdminApi.Refused, InterruptedException;
  }

  @Command(
      name = "check",
      description = {
        "Read every file as a node would; needs none. Mistakes go to standard error by file and line.",
        "Exit status 0 when there is none, else 1. References to secrets are looked up here."
      },
      mixinStandardHelpOptions = true)
  static final class Check extends Looking {
    @Override
    int with(FolderCheck.Result result) {
      say(result.files() + " files, " + result.tenants().size() + " tenants, no mistake");
      return 0;
    }
  }

  @Command(
      name = "plan",
      description = {
        "Check, then compare with a node that runs: + new, ~ changed, - would go with tenants.prune.",
        "Exit status 0 when nothing would change, 3 when something would, 1 for mistakes. Secrets"
            + " cannot be compared, only whether they are set."
      },
      mixinStandardHelpOptions = true)
  static final class Plan extends Looking {
    private static final int PAGE = 500;

    @Mixin private AdminApi api;

    @SuppressWarnings("NullAway.Init") // picocli sets the field
    Plan() {}

    @Override
    int with(FolderCheck.Result result) throws AdminApi.Refused, InterruptedException {
      Map<String, JsonObject> there = all("/tenants");
      int changes = 0;
      for (Tenant tenant : result.tenants().values()) {
        JsonObject before = there.get(tenant.id());
        if (before == null) {
          say("+ " + tenant.id());
          changes++;
          continue;
        }
        Set<String> differences = differences(tenant, before);
        if (!differences.isEmpty()) {
          say("~ " + tenant.id() + ": " + String.join(", ", differences));
          changes++;
        }
      }
      for (JsonObject tenant : there.values()) {
        if ("folder".equals(tenant.getString("source"))
            && !result.tenants().containsKey(tenant.getString("id"))) {
          say("- " + tenant.getString("id"));
          changes++;
        }
      }
      say(changes == 0 ? "nothing would change" : changes + " tenants would change");
      return changes == 0 ? 0 : CHANGES;
    }

    private Set<String> differences(Tenant tenant, JsonObject before)
        throws AdminApi.Refused, InterruptedException {
      Set<String> out = new TreeSet<>();
      compare("", before, TenantJson.of(tenant), out);
      String path = "/tenants/" + AdminApi.encoded(tenant.id());
      compare("accounts", all(path + "/accounts"), tenant.accounts().values(), TenantJson::of, out);
      compare(
          "destinations",
          all(path + "/destinations"),
          tenant.routing().destinations().values(),
          RoutingJson::of,
          out);
      compare(
          "routes",
          all(path + "/routes"),
          tenant.routing().routes().values(),
          RoutingJson::of,
          out);
      return out;
    }

    private static <T> void compare(
        String list,
        Map<String, JsonObject> before,
        Iterable<T> after,
        Function<T, JsonObject> json,
        Set<String> out) {
      Set<String> gone = new TreeSet<>(before.keySet());
      for (T each : after) {
        JsonObject now = json.apply(each);
        String id = now.getString("id");
        gone.remove(id);
        JsonObject was = before.get(id);
        if (was == null) {
          out.add("+" + list + "." + id);
        } else {
          compare(list + "." + id + ".", was, now, out);
        }
      }
      gone.forEach(id -> out.add("-" + list + "." + id));
    }

    /** Fields that only the node knows of are no difference. */
    private static void compare(String prefix, JsonObject before, JsonObject now, Set<String> out) {
      for (String field : now.fieldNames()) {
        if (!same(before.getValue(field), now.getValue(field))) {
          out.add(prefix + field);
        }
      }
      for (String field :
          Set.of("retention", "ttl", "suspended", "originalId", "apiPaths", "filter")) {
        if (before.containsKey(field) && !now.containsKey(field)) {
          out.add("-" + prefix + field);
        }
      }
    }

    private static boolean same(@Nullable Object a, @Nullable Object b) {
      if (a instanceof Number x && b instanceof Number y) {
        return x.doubleValue() == y.doubleValue();
      }
      return new JsonArray(Collections.singletonList(a))
          .encode()
          .equals(new JsonArray(Collections.singletonList(b)).encode());
    }

    private Map<String, JsonObject> all(String path) throws AdminApi.Refused, InterruptedException {
      Map<String, JsonObject> out = new TreeMap<>();
      String after = null;
      do {
        JsonObject page =
            api.call("GET", path + "?limit=" + PAGE + AdminApi.query("after", after), null);
        for (Object each : page.getJsonArray("items", new JsonArray())) {
          JsonObject item = (JsonObject) each;
          out.put(item.getString("id"), item);
        }
        after = page.getString("next");
      } while (after != null);
      return out;
    }
  }
}
