package dev.hongyan.simulator.push;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.OptionalLong;

/**
 * Finds a push's number again in what arrived at the far end, so that a test can say which pushes
 * arrived and in which order.
 */
public final class PushNumber {
  /** Message ids are seconds times this, plus the number. */
  static final long NUMBERS = 1_000_000_000L;

  /** What always fits a long; an id's last digits are all that is wanted of it. */
  private static final int DIGITS_MAX = 18;

  private static final List<String> IDS = List.of("MsgId", "MsgID");
  private static final List<String> TEXTS =
      List.of("EventKey", "SessionFrom", "ComponentVerifyTicket", "AuthorizerAppid");

  private PushNumber() {}

  /**
   * The number in a push's fields.
   *
   * @param data the fields under WeChat's own names; ids as numbers or text
   * @return empty if the push was not made by a simulator, or has no place for a number
   */
  public static OptionalLong find(JsonObject data) {
    for (String name : IDS) {
      Object value = data.getValue(name);
      if (value != null) {
        OptionalLong id = digitsAtEnd(value.toString());
        return id.isPresent() ? OptionalLong.of(id.getAsLong() % NUMBERS) : id;
      }
    }
    Object precision = data.getValue("Precision");
    if (precision != null) {
      String text = precision.toString();
      int point = text.indexOf('.');
      return digitsAtEnd(point < 0 ? text : text.substring(0, point));
    }
    for (String name : TEXTS) {
      if (data.getValue(name) instanceof String text) {
        OptionalLong number = digitsAtEnd(text);
        if (number.isPresent()) {
          return number;
        }
      }
    }
    return findInPopup(data);
  }

  private static OptionalLong findInPopup(JsonObject data) {
    Object wrapper = data.getValue("SubscribeMsgPopupEvent");
    Object list = (wrapper instanceof JsonObject inner ? inner : data).getValue("List");
    Object entry = list instanceof JsonArray array && !array.isEmpty() ? array.getValue(0) : list;
    return entry instanceof JsonObject choice
            && choice.getValue("TemplateId") instanceof String template
        ? digitsAtEnd(template)
        : OptionalLong.empty();
  }

  private static OptionalLong digitsAtEnd(String text) {
    int start = text.length();
    int stop = Math.max(0, start - DIGITS_MAX);
    while (start > stop && text.charAt(start - 1) >= '0' && text.charAt(start - 1) <= '9') {
      start--;
    }
    return start == text.length()
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(text, start, text.length(), 10));
  }
}
