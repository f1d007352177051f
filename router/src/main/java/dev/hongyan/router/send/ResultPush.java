package dev.hongyan.router.send;

import dev.hongyan.router.topic.TopicPattern;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * What became of one message, as WeChat pushes it later: {@code TEMPLATESENDJOBFINISH} for template
 * messages, {@code subscribe_msg_sent_event} for both sorts of subscription messages.
 *
 * @param msgid as the answer to the send gave it
 * @param status {@code success} or WeChat's own words
 */
record ResultPush(String msgid, String status) {
  /** What the trail of a send calls it. */
  static final String NOTE = "result";

  static final String GOOD = "success";

  static final List<TopicPattern> TOPICS =
      List.of(
          TopicPattern.parse("wx.*.event.TEMPLATESENDJOBFINISH.#"),
          TopicPattern.parse("wx.*.event.subscribe_msg_sent_event.#"));

  private static final int STATUS_CHARS_MAX = 100;

  /** All that a push's data tells; a list in JSON stands at the top, in XML in a wrapper. */
  static List<ResultPush> of(JsonObject data) {
    List<ResultPush> all = new ArrayList<>(1);
    add(data, all);
    JsonObject inner =
        data.getValue("SubscribeMsgSentEvent") instanceof JsonObject wrapper ? wrapper : data;
    Object list = inner.getValue("List");
    if (list instanceof JsonObject one) {
      add(one, all);
    } else if (list instanceof JsonArray many) {
      for (Object each : many) {
        if (each instanceof JsonObject entry) {
          add(entry, all);
        }
      }
    }
    return all;
  }

  private static void add(JsonObject entry, List<ResultPush> to) {
    Object msgid = entry.getValue("MsgID");
    if (msgid == null) {
      return;
    }
    Object status =
        entry.containsKey("Status") ? entry.getValue("Status") : entry.getValue("ErrorStatus");
    String text = status == null ? "" : status.toString();
    to.add(
        new ResultPush(
            msgid.toString(),
            text.length() <= STATUS_CHARS_MAX ? text : text.substring(0, STATUS_CHARS_MAX)));
  }
}
