package dev.hongyan.simulator.api;

import dev.hongyan.simulator.api.Endpoint.Outcome;
import dev.hongyan.simulator.push.Draft;
import dev.hongyan.simulator.push.Events;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.wechat.Product;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Template, subscription and customer service messages, and the events that tell their results. */
final class Sends {
  private static final Set<String> MP_TYPES =
      Set.of(
          "text",
          "image",
          "voice",
          "video",
          "music",
          "news",
          "mpnews",
          "mpnewsarticle",
          "msgmenu",
          "wxcard",
          "miniprogrampage");
  private static final Set<String> MINI_TYPES = Set.of("text", "image", "link", "miniprogrampage");

  /** Members of customer service messages that name a medium of the account. */
  private static final Map<String, String> MEDIA =
      Map.of("image", "media_id", "voice", "media_id", "video", "media_id");

  private final ApiTime time;
  private final MediaShelf media;

  Sends(ApiTime time, MediaShelf media) {
    this.time = time;
    this.media = media;
  }

  /** Whether an event tells the result of a send: it says nothing of what a user did. */
  static boolean isResult(String event) {
    return event.equals("TEMPLATESENDJOBFINISH") || event.equals("subscribe_msg_sent_event");
  }

  Outcome template(ApiAccount account, ApiRequest request) {
    JsonObject body = request.json();
    if (body == null) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    Audience.Shown user = account.audience.find(ApiRequest.text(body, "touser"));
    Errcode wrong = wrong(user, body);
    if (wrong != Errcode.OK || user == null) {
      return Outcome.error(wrong);
    }
    String status = user.blocks() ? "failed:user block" : "success";
    return send(account, request, body, user, Events.templateSendJobFinish(status));
  }

  Outcome subscription(ApiAccount account, ApiRequest request) {
    JsonObject body = request.json();
    if (body == null) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    Audience.Shown user = account.audience.find(ApiRequest.text(body, "touser"));
    Errcode wrong = wrong(user, body);
    if (wrong != Errcode.OK || user == null) {
      return Outcome.error(wrong);
    }
    String template = ApiRequest.text(body, "template_id");
    if (account.audience.refuses(user.user().openid(), template)) {
      return Outcome.error(Errcode.USER_REFUSES);
    }
    return send(account, request, body, user, Events.subscribeMsgSent(template));
  }

  private static Errcode wrong(Audience.@Nullable Shown user, JsonObject body) {
    if (user == null) {
      return Errcode.INVALID_OPENID;
    }
    if (ApiRequest.text(body, "template_id").isBlank()) {
      return Errcode.INVALID_TEMPLATE;
    }
    if (!(body.getValue("data") instanceof JsonObject)) {
      return Errcode.BAD_DATA;
    }
    return user.follows() ? Errcode.OK : Errcode.MUST_FOLLOW;
  }

  private Outcome send(
      ApiAccount account,
      ApiRequest request,
      JsonObject body,
      Audience.Shown user,
      Draft resultEvent) {
    // Made before the answer, which tells its id; pushed after it.
    SimulatedPush result = account.line().composer().compose(user.user(), resultEvent);
    long msgId = result.messageId();
    String openid = user.user().openid();
    account.sent(new SentMessage(request.path(), openid, msgId, body, time.nowMillis()));
    JsonObject answer = new JsonObject().put("errcode", 0).put("errmsg", "ok").put("msgid", msgId);
    return Outcome.of(
        ApiAnswer.json(answer)
            .then(
                () -> {
                  var unused = account.line().push(result);
                }));
  }

  Outcome custom(ApiAccount account, ApiRequest request) {
    JsonObject body = request.json();
    if (body == null) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    String openid = ApiRequest.text(body, "touser");
    if (account.audience.find(openid) == null) {
      return Outcome.error(Errcode.INVALID_OPENID);
    }
    boolean mini = account.settings().product() == Product.MINI;
    String type = ApiRequest.text(body, "msgtype");
    if (!(mini ? MINI_TYPES : MP_TYPES).contains(type)) {
      return Outcome.error(Errcode.INVALID_MESSAGE_TYPE);
    }
    if (!(body.getValue(type) instanceof JsonObject content)) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    String medium = MEDIA.get(type);
    if (medium != null && media.find(account.appId(), ApiRequest.text(content, medium)) == null) {
      return Outcome.error(Errcode.INVALID_MEDIA_ID);
    }
    Errcode allowed = account.audience.spend(openid, true);
    if (allowed == Errcode.OK) {
      account.sent(new SentMessage(request.path(), openid, 0, body, time.nowMillis()));
    }
    return Outcome.error(allowed);
  }

  Outcome typing(ApiAccount account, ApiRequest request) {
    JsonObject body = request.json();
    if (body == null) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    String command = ApiRequest.text(body, "command");
    if (!command.equals("Typing") && !command.equals("CancelTyping")) {
      return Outcome.error(Errcode.INVALID_PARAMETER);
    }
    return Outcome.error(account.audience.spend(ApiRequest.text(body, "touser"), false));
  }
}
