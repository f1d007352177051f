package dev.hongyan.tenant.sealing;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the nodes have agreed on, as the store has it.
 *
 * @param active the master key that seals
 * @param since when it began to
 * @param done whether everything was found sealed with it
 * @param nodes those that said something lately, by name
 */
public record Agreed(String active, Instant since, boolean done, List<Node> nodes) {

  /**
   * A node.
   *
   * @param wants the key that it would seal with
   * @param uses the key that it seals with
   * @param knows all that it can open
   */
  public record Node(String name, String wants, String uses, List<String> knows) {}

  /** Reads it. */
  public static Future<Agreed> read(RedisLink link) {
    return link.send(Request.cmd(Command.HGETALL).arg(Keys.SEALING)).map(Agreed::of);
  }

  private static Agreed of(@Nullable Response hash) {
    String active = "";
    String done = "-";
    long since = 0;
    List<Node> nodes = new ArrayList<>();
    List<String> flat = new ArrayList<>();
    if (hash != null) {
      hash.forEach(each -> flat.add(each.toString()));
    }
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      String value = flat.get(i + 1);
      switch (flat.get(i)) {
        case "active" -> active = value;
        case "since" -> since = Long.parseLong(value);
        case "done" -> done = value;
        default -> {
          String[] words = value.split(" ");
          if (flat.get(i).startsWith("node:") && words.length == 4) {
            nodes.add(
                new Node(
                    flat.get(i).substring("node:".length()),
                    words[1],
                    words[2],
                    List.of(words[3].split(","))));
          }
        }
      }
    }
    nodes.sort(Comparator.comparing(Node::name));
    return new Agreed(active, Instant.ofEpochSecond(since), done.equals(active), nodes);
  }
}
