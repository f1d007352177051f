package dev.hongyan.wechat.document;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The field names that mean something to us, in all their spellings, and how their values are
 * written as JSON. Names are found by hash while a document is read, so that later steps compare
 * references.
 */
public enum Field {
  /** Discriminator of messages and events. */
  MSG_TYPE(Shape.WORD, "MsgType", "msgtype"),
  /** Discriminator of an event; an object in pushes of WeCom bots. */
  EVENT(Shape.WORD, "Event", "event"),
  /** Discriminator of an event inside a WeCom bot's {@code event}. */
  EVENT_TYPE(Shape.WORD, "eventtype"),
  /** Discriminator of platform notices (Open Platform, WeCom suites). */
  INFO_TYPE(Shape.WORD, "InfoType"),
  /** Second discriminator of WeCom events. */
  CHANGE_TYPE(Shape.WORD, "ChangeType"),
  /** Menu key, scene or the like. */
  EVENT_KEY(Shape.TEXT, "EventKey"),
  /** The user. */
  FROM_USER_NAME(Shape.TEXT, "FromUserName"),
  /** The user in pushes of WeCom bots, an object. */
  FROM(Shape.TEXT, "from"),
  /** The user inside {@code from}. */
  USER_ID(Shape.TEXT, "userid"),
  /** The account. */
  TO_USER_NAME(Shape.TEXT, "ToUserName", "tousername"),
  /** The account in outer documents without {@code ToUserName}. */
  APP_ID(Shape.TEXT, "AppId"),
  /** The ciphertext of an outer document. */
  ENCRYPT(Shape.TEXT, "Encrypt", "encrypt"),
  /** Seconds; comes as number or as text and leaves as number. */
  CREATE_TIME(Shape.TIME, "CreateTime", "create_time"),
  /** Seconds, of WeCom suites. */
  TIME_STAMP(Shape.TIME, "TimeStamp"),
  /** 64-bit id: as a JSON number it would lose digits in most clients. */
  MSG_ID(Shape.ID, "MsgId", "MsgID", "msgid"),
  /** Further ids that come as JSON numbers. */
  OTHER_ID(Shape.ID, "MsgDataId"),
  /** Repeated elements: always an array, also with one entry. */
  LIST(
      Shape.LIST, "item", "Item", "SelectedItem", "OptionId", "AuthAddOpenKfId", "AuthDelOpenKfId"),
  /** An object if one entry, an array if several: made an array. */
  OBJECT_LIST(Shape.OBJECT_LIST, "List", "detail"),
  /** What WeChat's documentation gives as a number. */
  NUMBER(
      Shape.NUMBER,
      "Latitude",
      "Longitude",
      "Precision",
      "Location_X",
      "Location_Y",
      "Scale",
      "Count",
      "TotalCount",
      "FilterCount",
      "SentCount",
      "ErrorCount",
      "ExpiredTime",
      "FailTime",
      "SuccTime",
      "DelayTime",
      "AuthorizationCodeExpiredTime");

  /** How a value becomes JSON. */
  enum Shape {
    /** As it is. */
    TEXT,
    /** At the top level without surrounding white space, which WeChat's own samples contain. */
    WORD,
    /** A number, whether it comes as XML text, JSON number or JSON text. */
    TIME,
    /** A number if it comes as XML text that reads as one. */
    NUMBER,
    /** A string, also if it comes as a JSON number. */
    ID,
    /** An array. */
    LIST,
    /** An array if the value is an object. */
    OBJECT_LIST
  }

  private static final int TABLE_SIZE = 256;
  private static final byte[][] NAMES = new byte[TABLE_SIZE][];
  private static final @Nullable Field[] FIELDS = new Field[TABLE_SIZE];

  static {
    for (Field field : values()) {
      for (String spelling : field.spellings) {
        byte[] name = spelling.getBytes(StandardCharsets.US_ASCII);
        int slot = slot(hash(name, 0, name.length));
        while (FIELDS[slot] != null) {
          slot = slot + 1 & TABLE_SIZE - 1;
        }
        FIELDS[slot] = field;
        NAMES[slot] = name;
      }
    }
  }

  final Shape shape;

  @SuppressWarnings("ImmutableEnumChecker") // Never handed out.
  private final String[] spellings;

  Field(Shape shape, String... spellings) {
    this.shape = shape;
    this.spellings = spellings;
  }

  /** The hash by which names are found; readers compute it on the way. */
  public static int hash(byte[] bytes, int start, int end) {
    int hash = 0;
    for (int i = start; i < end; i++) {
      hash = hash * 31 + bytes[i];
    }
    return hash;
  }

  static @Nullable Field find(int hash, byte[] bytes, int start, int length) {
    int slot = slot(hash);
    while (true) {
      Field field = FIELDS[slot];
      if (field == null) {
        return null;
      }
      byte[] name = NAMES[slot];
      if (name.length == length && Arrays.equals(name, 0, length, bytes, start, start + length)) {
        return field;
      }
      slot = slot + 1 & TABLE_SIZE - 1;
    }
  }

  private static int slot(int hash) {
    return (hash ^ hash >>> 9 ^ hash >>> 18) & TABLE_SIZE - 1;
  }
}
