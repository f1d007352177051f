package dev.hongyan.tenant;

import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.redis.client.Command;

/** Everything a Redis holds, as one text: what somebody sees who gets hold of its files. */
final class StoredText {
  private StoredText() {}

  static String of(RedisFixture redis) {
    StringBuilder all = new StringBuilder();
    for (String key : redis.keys()) {
      all.append(key).append('=');
      switch (redis.send(Command.TYPE, key).toString()) {
        case "string" -> all.append(redis.send(Command.GET, key));
        case "hash" -> all.append(redis.send(Command.HGETALL, key));
        case "zset" -> all.append(redis.send(Command.ZRANGE, key, 0, -1));
        default -> throw new AssertionError("look into " + key + " too");
      }
      all.append('\n');
    }
    return all.toString();
  }
}
