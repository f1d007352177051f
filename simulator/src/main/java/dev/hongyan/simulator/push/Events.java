package dev.hongyan.simulator.push;

import java.math.BigDecimal;
import java.util.List;

/** Drafts of events and notices, in the case WeChat uses for each. */
public final class Events {
  private static final String TICKET = "gQFe8TwAAAAAAAAAAS5odHRwOi8vd2VpeGluLnFxLmNvbS9xLzAyY";

  private Events() {}

  /** Somebody follows the account, having found it by themselves. */
  public static Draft subscribe() {
    return Draft.event("subscribe", PushFields.none().text("EventKey", ""));
  }

  /** Somebody follows the account by a QR code; WeChat puts {@code qrscene_} before the scene. */
  public static Draft subscribe(String scene) {
    return Draft.event(
        "subscribe", PushFields.none().text("EventKey", "qrscene_" + scene).text("Ticket", TICKET));
  }

  /** Somebody leaves. */
  public static Draft unsubscribe() {
    return Draft.event("unsubscribe", PushFields.none().text("EventKey", ""));
  }

  /** A follower scans a QR code of the account. */
  public static Draft scan(String scene) {
    return Draft.event("SCAN", PushFields.none().text("EventKey", scene).text("Ticket", TICKET));
  }

  /** A menu button of type click. */
  public static Draft click(String key) {
    return Draft.event("CLICK", PushFields.none().text("EventKey", key));
  }

  /** A menu button of type view. */
  public static Draft view(String url) {
    return Draft.event("VIEW", PushFields.none().text("EventKey", url));
  }

  /** Where a follower is, reported by their WeChat. */
  public static Draft location(BigDecimal latitude, BigDecimal longitude, BigDecimal precision) {
    return Draft.event(
        "LOCATION",
        PushFields.none()
            .decimal("Latitude", latitude)
            .decimal("Longitude", longitude)
            .decimal("Precision", precision));
  }

  /**
   * What became of a template message.
   *
   * @param status {@code success}, {@code failed:user block} or {@code failed: system failed}
   */
  public static Draft templateSendJobFinish(String status) {
    return Draft.event(
        "TEMPLATESENDJOBFINISH", PushFields.none().messageId("MsgID").text("Status", status));
  }

  /** What became of a subscription message: it arrived. In JSON the list is at the top level. */
  public static Draft subscribeMsgSent(String templateId) {
    PushFields entry =
        PushFields.none()
            .text("TemplateId", templateId)
            .messageId("MsgID")
            .number("ErrorCode", 0)
            .text("ErrorStatus", "success");
    return Draft.event(
        "subscribe_msg_sent_event",
        PushFields.none()
            .xmlGroup("SubscribeMsgSentEvent", PushFields.none().list("List", List.of(entry))));
  }

  /** A user's choice for one template in the subscription pop-up. */
  public record TemplateChoice(String templateId, boolean accepted) {}

  /** A user answered the subscription pop-up; in JSON the list is at the top level. */
  public static Draft subscribeMsgPopup(List<TemplateChoice> choices) {
    List<PushFields> entries =
        choices.stream()
            .map(
                choice ->
                    PushFields.none()
                        .text("TemplateId", choice.templateId())
                        .text("SubscribeStatusString", choice.accepted() ? "accept" : "reject")
                        .text("PopupScene", "2"))
            .toList();
    return Draft.event(
        "subscribe_msg_popup_event",
        PushFields.none()
            .xmlGroup("SubscribeMsgPopupEvent", PushFields.none().list("List", entries)));
  }

  /** A user opens the customer service chat of a mini program. */
  public static Draft userEnterTempSession(String sessionFrom) {
    return Draft.event(
        "user_enter_tempsession", PushFields.none().text("SessionFrom", sessionFrom));
  }

  /** The ticket WeChat pushes to every component each ten minutes. */
  public static Draft componentVerifyTicket(String ticket) {
    return Draft.notice(
        "component_verify_ticket", PushFields.none().text("ComponentVerifyTicket", ticket));
  }

  /** An account put itself in a component's hands. */
  public static Draft authorized(String authorizerAppId, String code, long expiresAtSeconds) {
    return Draft.notice(
        "authorized",
        PushFields.none()
            .text("AuthorizerAppid", authorizerAppId)
            .text("AuthorizationCode", code)
            .number("AuthorizationCodeExpiredTime", expiresAtSeconds)
            .text("PreAuthCode", "preauthcode@@@" + code));
  }

  /** An account took itself out of a component's hands. */
  public static Draft unauthorized(String authorizerAppId) {
    return Draft.notice("unauthorized", PushFields.none().text("AuthorizerAppid", authorizerAppId));
  }
}
