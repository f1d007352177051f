package dev.hongyan.tenant.sealing;

import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the names of all our keys, page by page, on every node of a cluster. A key that is
 * there all the time is seen at least once; what comes or goes meanwhile may be.
 */
final class StoreWalk {
  private static final int SLOTS = 16_384;

  // The key only says which node of a cluster to ask.
  private static final Script PAGE =
      Script.of(
          "sealing-page", "return redis.call('SCAN', ARGV[1], 'MATCH', 'hy:*', 'COUNT', 500)");

  private final RedisLink link;

  StoreWalk(RedisLink link) {
    this.link = link;
  }

  /** Gives every page of names to {@code each}, the next when that is done. */
  Future<Void> pages(Function<List<String>, Future<Void>> each) {
    return places()
        .compose(
            places -> {
              Future<Void> done = Future.succeededFuture();
              for (String place : places) {
                done = done.compose(before -> pages(place, "0", each));
              }
              return done;
            });
  }

  private Future<Void> pages(
      String place, String cursor, Function<List<String>, Future<Void>> each) {
    return link.eval(PAGE, List.of(place), cursor)
        .compose(
            page -> {
              if (page == null) {
                return Future.failedFuture("a scan answered nothing");
              }
              List<String> keys = new ArrayList<>();
              page.get(1).forEach(key -> keys.add(key.toString()));
              String next = page.get(0).toString();
              return each.apply(keys)
                  .compose(
                      done ->
                          next.equals("0") ? Future.succeededFuture() : pages(place, next, each));
            });
  }

  /** A key for each node that has some of the slots. */
  private Future<List<String>> places() {
    if (!link.isCluster()) {
      return Future.succeededFuture(List.of("hy:place"));
    }
    return link.send(Request.cmd(Command.CLUSTER).arg("SLOTS")).map(StoreWalk::places);
  }

  private static List<String> places(@Nullable Response ranges) {
    Map<String, String> byNode = new LinkedHashMap<>();
    if (ranges != null) {
      for (Response range : ranges) {
        String node = range.get(2).get(0) + ":" + range.get(2).get(1);
        int from = range.get(0).toInteger();
        int to = range.get(1).toInteger();
        if (!byNode.containsKey(node)) {
          byNode.put(node, placeIn(from, to));
        }
      }
    }
    return List.copyOf(byNode.values());
  }

  /** A key whose slot is in that range. */
  static String placeIn(int from, int to) {
    for (int i = 0; ; i++) {
      String key = "hy:place:" + i;
      int slot = crc16(key) % SLOTS;
      if (slot >= from && slot <= to) {
        return key;
      }
    }
  }

  /** As Redis Cluster computes slots: XMODEM. */
  static int crc16(String key) {
    int crc = 0;
    for (byte b : key.getBytes(StandardCharsets.US_ASCII)) {
      crc ^= (b & 0xff) << 8;
      for (int i = 0; i < 8; i++) {
        crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
      }
      crc &= 0xffff;
    }
    return crc;
  }
}
