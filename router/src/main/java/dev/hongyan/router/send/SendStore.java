package dev.hongyan.router.send;

import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of each send beside its message: the request, whether WeChat took it, and which send
 * a {@code msgid} of WeChat belongs to. Three days, for delayed ones from when they are due.
 */
final class SendStore {
  private static final long KEEP_SECONDS = Duration.ofDays(3).toSeconds();
  private static final String REQUEST = "request";
  private static final String MSGID = "msgid";

  private final RedisLink store;

  SendStore(RedisLink store) {
    this.store = store;
  }

  /**
   * A send as it is kept.
   *
   * @param request null when it is not known
   * @param msgid null when WeChat has not taken it; empty when it gave none
   */
  record Kept(@Nullable JsonObject request, @Nullable String msgid) {}

  Future<Void> asked(String tenant, long id, JsonObject request, long waitMillis) {
    String key = Keys.of(tenant).send(id);
    return store
        .batch(
            List.of(
                Request.cmd(Command.HSET).arg(key).arg(REQUEST).arg(request.encode()),
                Request.cmd(Command.EXPIRE)
                    .arg(key)
                    .arg(KEEP_SECONDS + Math.max(0, waitMillis) / 1000)))
        .mapEmpty();
  }

  Future<@Nullable Kept> read(String tenant, long id) {
    return store
        .send(Request.cmd(Command.HGETALL).arg(Keys.of(tenant).send(id)))
        .map(
            r -> {
              Map<String, String> fields = new HashMap<>();
              for (int i = 0; r != null && i + 1 < r.size(); i += 2) {
                fields.put(r.get(i).toString(), r.get(i + 1).toString());
              }
              String request = fields.get(REQUEST);
              return fields.isEmpty()
                  ? null
                  : new Kept(request == null ? null : new JsonObject(request), fields.get(MSGID));
            });
  }

  /** Whether WeChat took it already. */
  Future<Boolean> isTaken(String tenant, long id) {
    return store
        .send(Request.cmd(Command.HEXISTS).arg(Keys.of(tenant).send(id)).arg(MSGID))
        .map(r -> r.toLong() == 1);
  }

  /**
   * WeChat took it.
   *
   * @param msgid empty when it gave none
   */
  Future<Void> taken(String tenant, String account, long id, String msgid) {
    Keys keys = Keys.of(tenant);
    Request mark = Request.cmd(Command.HSET).arg(keys.send(id)).arg(MSGID).arg(msgid);
    Request keep = Request.cmd(Command.EXPIRE).arg(keys.send(id)).arg(KEEP_SECONDS);
    if (msgid.isEmpty()) {
      return store.batch(List.of(mark, keep)).mapEmpty();
    }
    Request link =
        Request.cmd(Command.SET)
            .arg(keys.sendBehind(account, msgid))
            .arg(Long.toString(id))
            .arg("EX")
            .arg(KEEP_SECONDS);
    return store.batch(List.of(mark, keep, link)).mapEmpty();
  }

  /** The send that WeChat knows by that msgid; 0 when it was none of ours, or long ago. */
  Future<Long> behind(String tenant, String account, String msgid) {
    return store
        .send(Request.cmd(Command.GET).arg(Keys.of(tenant).sendBehind(account, msgid)))
        .map(r -> r == null ? 0L : r.toLong());
  }
}
