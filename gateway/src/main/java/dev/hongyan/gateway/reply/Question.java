package dev.hongyan.gateway.reply;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.log.LogEntry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A push that may be answered.
 *
 * @param id of its event
 * @param account the tenant's account that was pushed to
 * @param appId the appid that the user talks to; another one than the account's where that is a
 *     component
 * @param openid the user
 * @param takenMillis when it came first, ms since 1970
 * @param windows how many tries of WeChat wait for the answer, 1 to 3
 */
public record Question(
    String tenant,
    long id,
    String topic,
    String account,
    String appId,
    String openid,
    long takenMillis,
    int windows) {

  /** From the log; null when it is no push of a user. */
  static @Nullable Question of(LogEntry entry, int windows) {
    String openid = entry.header().subject();
    if (openid == null) {
      return null;
    }
    try {
      JsonObject event = new JsonObject(Buffer.buffer(entry.event()));
      String account = event.getString("account");
      String appId = event.getString("wxappid");
      return account == null || appId == null
          ? null
          : new Question(
              entry.tenant(),
              entry.header().id(),
              entry.topic(),
              account,
              appId,
              openid,
              entry.header().timeMillis(),
              windows);
    } catch (DecodeException | ClassCastException e) {
      throw Problem.INTERNAL.because("an event of the log cannot be read");
    }
  }

  /** The same, of an event that was there before. */
  Question repeats(long firstId, long firstTakenMillis) {
    return new Question(tenant, firstId, topic, account, appId, openid, firstTakenMillis, windows);
  }

  Key key() {
    return new Key(tenant, id);
  }

  /** What events are known by. */
  record Key(String tenant, long id) {}

  /** Leaves the user out. */
  @Override
  public String toString() {
    return tenant + '/' + id;
  }
}
