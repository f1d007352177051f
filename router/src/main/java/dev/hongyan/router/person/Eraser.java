package dev.hongyan.router.person;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.function.Supplier;

/**
 * Erases a person, over one event loop's link. Whatever names the openid goes, wherever it is: the
 * tenant's keys are all looked through, so a new kind of key is not forgotten.
 *
 * <p>An entry of the log keeps its place and id, and becomes an event of the type {@value #ERASED}
 * without data, so that cursors and the ledger hold. The log is copied page by page and takes its
 * place again in one step, because the store keeps the bytes of what is merely deleted from a
 * stream. Dead letters, delayed work, parked messages, trails, replies and de-duplication keys go.
 */
public final class Eraser {
  /** The type of what was a person's message. */
  public static final String ERASED = "sys.erased";

  private static final int LOCK_SECONDS = 60;
  private static final int PAGE = 200;

  private final RedisLink store;
  private final Supplier<String> newToken;

  /** What was erased: entries of the log, dead letters, and whatever else. */
  public record Erased(long messages, long deadLetters, long others) {}

  /**
   * @param newToken names that no other has
   */
  public Eraser(RedisLink store, Supplier<String> newToken) {
    this.store = store;
    this.newToken = newToken;
  }

  /** Whether that can be a person's name here: 1 to 128 letters, digits, {@code _ - @ .}. */
  public static boolean isOpenid(String text) {
    if (text.isEmpty() || text.length() > 128) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean good =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '_'
              || c == '-'
              || c == '@'
              || c == '.';
      if (!good) {
        return false;
      }
    }
    return true;
  }

  /** Whether {@code text} names {@code openid}, and not just a longer name that holds it. */
  public static boolean names(String text, String openid) {
    for (int at = text.indexOf(openid); at >= 0; at = text.indexOf(openid, at + 1)) {
      int end = at + openid.length();
      if ((at == 0 || !isPart(text.charAt(at - 1)))
          && (end == text.length() || !isPart(text.charAt(end)))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isPart(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '_'
        || c == '-';
  }

  /**
   * Erases what is there now; fails with CONFLICT while another erasure of this tenant runs. After
   * a failure it can be called again.
   */
  public Future<Erased> erase(String tenant, String openid) {
    Keys keys = Keys.of(tenant);
    String token = newToken.get();
    return store
        .send(
            Request.cmd(Command.SET)
                .arg(keys.erasing())
                .arg(token)
                .arg("NX")
                .arg("EX")
                .arg(LOCK_SECONDS))
        .compose(
            mine -> {
              if (mine == null) {
                return Future.failedFuture(
                    Problem.CONFLICT.because("An erasure of this tenant is under way"));
              }
              return whole(keys, openid, token)
                  .eventually(
                      () ->
                          store.eval(
                              EraseScripts.UNLOCK,
                              List.of(keys.erasing(), keys.erasingCopy(token)),
                              token));
            });
  }

  private Future<Erased> whole(Keys keys, String openid, String token) {
    return stream(keys, keys.log(), openid, token, "blank", "-", 0)
        .compose(
            messages ->
                stream(keys, keys.dead(), openid, token, "drop", "-", 0)
                    .compose(
                        dead ->
                            others(keys, openid, token, "0", 0)
                                .map(more -> new Erased(messages, dead, more))));
  }

  private Future<Long> stream(
      Keys keys, String stream, String openid, String token, String how, String from, long sum) {
    return store
        .eval(
            EraseScripts.STREAM,
            List.of(stream, keys.erasingCopy(token), keys.erasing()),
            token,
            openid,
            how,
            from,
            PAGE,
            LOCK_SECONDS,
            keys.tenant())
        .compose(
            r -> {
              long now = sum + number(r, 1);
              String next = r == null ? "" : r.get(0).toString();
              if (next.equals("lost")) {
                return Future.failedFuture(Problem.CONFLICT.because("The erasure took too long"));
              }
              return next.isEmpty()
                  ? Future.succeededFuture(now)
                  : stream(keys, stream, openid, token, how, "(" + next, now);
            });
  }

  private Future<Long> others(Keys keys, String openid, String token, String cursor, long sum) {
    return store
        .eval(
            EraseScripts.OTHERS,
            List.of(keys.log(), keys.erasing()),
            token,
            openid,
            cursor,
            keys.pattern(),
            keys.config(""),
            LOCK_SECONDS)
        .compose(
            r -> {
              long now = sum + number(r, 1);
              String next = r == null ? "0" : r.get(0).toString();
              if (next.equals("lost")) {
                return Future.failedFuture(Problem.CONFLICT.because("The erasure took too long"));
              }
              return next.equals("0")
                  ? Future.succeededFuture(now)
                  : others(keys, openid, token, next, now);
            });
  }

  private static long number(Response response, int at) {
    return response == null ? 0 : response.get(at).toLong();
  }
}
