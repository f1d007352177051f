package dev.hongyan.simulator.api;

import dev.hongyan.simulator.push.Messages;
import dev.hongyan.simulator.user.SimulatedUser;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the Java classes offer, over HTTP, for tests in other languages and for a person with {@code
 * curl}. Not WeChat's: everything is below {@code /_sim/}. Answers are JSON; a wrong request gets
 * 400 and a sentence. Tokens and secrets are never shown.
 */
final class Admin {
  static final String PREFIX = "/_sim/";

  private final SimulatedApi api;

  Admin(SimulatedApi api) {
    this.api = api;
  }

  ApiAnswer answer(HttpServerRequest request, Buffer body) {
    String method = request.method().name();
    String what = request.path().substring(PREFIX.length());
    try {
      return switch (method + ' ' + what) {
        case "GET accounts" -> ApiAnswer.json(accounts());
        case "GET calls" -> ApiAnswer.json(calls());
        case "DELETE calls" -> done(api.calls()::clear);
        case "GET faults" -> ApiAnswer.json(faults());
        case "POST faults" -> ApiAnswer.json(addFault(json(request, body)));
        case "DELETE faults" -> done(() -> removeFaults(request.params()));
        case "POST tokens" -> tokens(json(request, body));
        case "POST clock" -> clock(json(request, body));
        case "POST limits" -> limits(json(request, body));
        case "POST ips" -> ips(json(request, body));
        case "POST users" -> users(json(request, body));
        case "POST messages" -> message(json(request, body));
        case "GET sent" -> ApiAnswer.json(sent(request.params()));
        default -> wrong(404, "there is no " + method + " /_sim/" + what);
      };
    } catch (IllegalArgumentException | IllegalStateException e) {
      return wrong(400, String.valueOf(e.getMessage()));
    }
  }

  private static ApiAnswer done(Runnable task) {
    task.run();
    return ApiAnswer.json(new JsonObject());
  }

  private static ApiAnswer wrong(int status, String sentence) {
    Buffer body = new JsonObject().put("error", sentence).toBuffer();
    return new ApiAnswer(status, 0, ApiAnswer.JSON, body, null, () -> {});
  }

  private static JsonObject json(HttpServerRequest request, Buffer body) {
    // A page in a browser cannot send this type to us without asking first, which we do not answer.
    String type = request.getHeader("Content-Type");
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw new IllegalArgumentException("Content-Type must be application/json");
    }
    try {
      return new JsonObject(body);
    } catch (DecodeException | ClassCastException e) {
      throw new IllegalArgumentException("the body must be a JSON object", e);
    }
  }

  private JsonObject accounts() {
    JsonObject all = new JsonObject();
    new TreeMap<>(api.accounts())
        .forEach(
            (appId, account) ->
                all.put(
                    appId,
                    new JsonObject()
                        .put(
                            "product", account.settings().product().name().toLowerCase(Locale.ROOT))
                        .put("originalId", account.settings().originalId())
                        .put("followers", account.audience.followerCount())
                        .put("sent", account.sent().size())));
    return all;
  }

  private JsonObject calls() {
    ApiCalls calls = api.calls();
    JsonObject errcodes = new JsonObject();
    new TreeMap<>(calls.byErrcode()).forEach((code, count) -> errcodes.put("" + code, count));
    return new JsonObject()
        .put("total", calls.total())
        .put("byPath", new JsonObject(Map.copyOf(calls.byPath())))
        .put("byErrcode", errcodes)
        .put("byToken", new JsonArray(calls.byToken()));
  }

  private JsonObject faults() {
    JsonArray all = new JsonArray();
    for (Faults.Active active : api.faults().all()) {
      Fault fault = active.fault();
      all.add(
          new JsonObject()
              .put("id", active.id())
              .put("path", fault.path())
              .put("effect", fault.effect().toString())
              .put("delayMs", fault.delay().toMillis())
              .put("hits", active.hits()));
    }
    return new JsonObject().put("faults", all);
  }

  private JsonObject addFault(JsonObject asked) {
    String path = text(asked, "path");
    Fault fault = fault(path, asked);
    if (asked.containsKey("delayMs")) {
      fault = fault.delayed(Duration.ofMillis(number(asked, "delayMs")));
    }
    if (asked.containsKey("times")) {
      fault = fault.times(number(asked, "times"));
    }
    if (asked.getValue("chance") instanceof Number chance) {
      fault = fault.chance(chance.doubleValue());
    }
    if (asked.containsKey("appid")) {
      fault = fault.onlyFor(text(asked, "appid"));
    }
    return new JsonObject().put("id", api.faults().add(fault));
  }

  private static Fault fault(String path, JsonObject asked) {
    if (asked.containsKey("errcode")) {
      int errcode = Math.toIntExact(number(asked, "errcode"));
      return asked.containsKey("errmsg")
          ? Fault.errcode(path, errcode, text(asked, "errmsg"))
          : Fault.errcode(path, errcode);
    }
    if (asked.containsKey("status")) {
      return Fault.page(path, Math.toIntExact(number(asked, "status")));
    }
    if (asked.containsKey("truncate")) {
      return Fault.truncate(path, Math.toIntExact(number(asked, "truncate")));
    }
    if (asked.containsKey("contentType")) {
      return Fault.relabel(path, text(asked, "contentType"));
    }
    if (asked.containsKey("drop")) {
      return switch (text(asked, "drop")) {
        case "before" -> Fault.drop(path);
        case "after" -> Fault.loseAnswer(path);
        default -> throw new IllegalArgumentException("drop is before or after");
      };
    }
    if (asked.containsKey("delayMs")) {
      return Fault.delay(path, Duration.ZERO);
    }
    throw new IllegalArgumentException(
        "a fault has one of errcode, status, truncate, contentType, drop, delayMs");
  }

  private void removeFaults(MultiMap query) {
    String id = query.get("id");
    if (id == null) {
      api.faults().clear();
    } else if (!api.faults().remove(Long.parseLong(id))) {
      throw new IllegalArgumentException("no fault " + id);
    }
  }

  private ApiAnswer tokens(JsonObject asked) {
    ApiAccount account = account(asked);
    return switch (text(asked, "do")) {
      case "void" -> done(account::voidTokens);
      case "expire" -> done(account::expireTokens);
      case "voidTickets" -> done(account::voidTickets);
      default -> throw new IllegalArgumentException("do is void, expire or voidTickets");
    };
  }

  private ApiAnswer clock(JsonObject asked) {
    api.advance(Duration.ofSeconds(number(asked, "advanceSeconds")));
    return ApiAnswer.json(new JsonObject().put("nowMillis", api.nowMillis()));
  }

  private ApiAnswer limits(JsonObject asked) {
    Limit limit =
        new Limit(
            asked.containsKey("perDay") ? number(asked, "perDay") : Limit.NONE.perDay(),
            asked.containsKey("perMinute") ? number(asked, "perMinute") : Limit.NONE.perMinute());
    return done(() -> api.limit(text(asked, "path"), limit));
  }

  private ApiAnswer ips(JsonObject asked) {
    if (!(asked.getValue("ips") instanceof JsonArray list) || list.size() > 200) {
      throw new IllegalArgumentException("ips is an array of up to 200 addresses");
    }
    Set<String> ips = new LinkedHashSet<>();
    list.forEach(each -> ips.add(String.valueOf(each)));
    return done(() -> account(asked).allowIps(ips));
  }

  private ApiAnswer users(JsonObject asked) {
    ApiAccount account = account(asked);
    String openid = text(asked, "openid");
    return switch (text(asked, "do")) {
      case "follow" -> done(() -> account.follows(openid));
      case "leave" -> done(() -> account.left(openid));
      case "block" -> done(() -> account.blocks(openid, true));
      case "unblock" -> done(() -> account.blocks(openid, false));
      case "refuse" -> done(() -> account.refuses(openid, text(asked, "template")));
      case "accept" -> done(() -> account.accepts(openid, text(asked, "template")));
      default ->
          throw new IllegalArgumentException(
              "do is follow, leave, block, unblock, refuse or accept");
    };
  }

  private ApiAnswer message(JsonObject asked) {
    ApiAccount account = account(asked);
    SimulatedUser user = new SimulatedUser(text(asked, "openid"));
    var unused = account.line().push(user, Messages.text(text(asked, "text")));
    return ApiAnswer.json(new JsonObject());
  }

  private JsonObject sent(MultiMap query) {
    String appId = query.get("appid");
    JsonArray all = new JsonArray();
    for (SentMessage message : api.account(appId == null ? "" : appId).sent()) {
      all.add(
          new JsonObject()
              .put("path", message.path())
              .put("openid", message.openid())
              .put("msgid", Long.toString(message.msgId()))
              .put("atMillis", message.atMillis())
              .put("body", message.body()));
    }
    return new JsonObject().put("sent", all);
  }

  private ApiAccount account(JsonObject asked) {
    return api.account(text(asked, "appid"));
  }

  private static String text(JsonObject asked, String name) {
    if (asked.getValue(name) instanceof String text && !text.isEmpty() && text.length() <= 4096) {
      return text;
    }
    throw new IllegalArgumentException(name + " must be a text of 1 to 4096 characters");
  }

  private static long number(JsonObject asked, String name) {
    Object value = asked.getValue(name);
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw new IllegalArgumentException(name + " must be a whole number");
  }
}
