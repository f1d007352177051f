package dev.hongyan.wechat.push;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.document.Field;
import dev.hongyan.wechat.event.EventCatalog;
import dev.hongyan.wechat.event.EventType;
import dev.hongyan.wechat.event.EventType.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what an inner document is: its topic, its user, its ids. Filled by {@link #read}; used
 * by one thread.
 */
final class PushReading {
  private static final byte[] EVENT = ascii("event");
  private static final byte[] MESSAGE = ascii("message");
  private static final byte[] UNKNOWN = ascii("unknown");
  private static final byte[] STREAM = ascii("stream");
  private static final byte[] SCENE_PREFIX = ascii("qrscene_");

  private final EventCatalog catalog = EventCatalog.standard();
  private final Topic topic = new Topic();
  private final DedupeKey dedupe = new DedupeKey();

  private Document push = new Document();
  private int messageType;
  private int event;
  private boolean nestedEvent;
  private int eventKey;
  private int infoType;
  private int changeType;
  private int user;
  private int account;
  private int createTime;
  private int messageId;

  /** Looks at the top-level fields of {@code document}, which must have an object as root. */
  void read(Document document) {
    push = document;
    messageType = event = eventKey = infoType = changeType = Document.NONE;
    user = account = createTime = messageId = Document.NONE;
    nestedEvent = false;
    for (int at = document.firstChild(Document.ROOT); at != Document.NONE; at = document.next(at)) {
      Field field = document.field(at);
      if (field != null) {
        note(field, at);
      }
    }
  }

  private void note(Field field, int at) {
    if (push.isContainer(at)) {
      // Only WeCom bots nest what others have at the top.
      if (field == Field.FROM) {
        user = inside(at, Field.USER_ID);
      } else if (field == Field.EVENT) {
        event = word(inside(at, Field.EVENT_TYPE));
        nestedEvent = true;
      }
      return;
    }
    switch (field) {
      case MSG_TYPE -> messageType = word(at);
      case EVENT -> event = word(at);
      case INFO_TYPE -> infoType = word(at);
      case CHANGE_TYPE -> changeType = word(at);
      case EVENT_KEY -> eventKey = plain(at);
      case FROM_USER_NAME -> user = plain(at);
      case TO_USER_NAME -> account = plain(at);
      case CREATE_TIME -> createTime = plain(at);
      case TIME_STAMP -> createTime = createTime == Document.NONE ? plain(at) : createTime;
      case MSG_ID -> messageId = plain(at);
      default -> {}
    }
  }

  private int inside(int parent, Field wanted) {
    for (int at = push.firstChild(parent); at != Document.NONE; at = push.next(at)) {
      if (push.field(at) == wanted && !push.isContainer(at)) {
        return plain(at);
      }
    }
    return Document.NONE;
  }

  private int plain(int node) {
    push.unescape(node);
    return node;
  }

  /** Discriminators are trimmed: WeChat's own samples have white space around the CDATA section. */
  private int word(int node) {
    if (node != Document.NONE) {
      push.unescape(node);
      push.trim(node);
    }
    return node;
  }

  private boolean isEvent() {
    return event != Document.NONE
        && (messageType == Document.NONE || push.textEquals(messageType, EVENT));
  }

  String topic(Product product) {
    topic.start(product);
    if (infoType != Document.NONE) {
      add(infoType);
      add(changeType);
    } else if (isEvent()) {
      topic.word(EVENT, 0, EVENT.length);
      add(event);
      add(changeType);
      addEventKey();
    } else if (messageType != Document.NONE && push.textLength(messageType) > 0) {
      topic.word(MESSAGE, 0, MESSAGE.length);
      add(messageType);
    } else {
      topic.word(UNKNOWN, 0, UNKNOWN.length);
    }
    return topic.toString();
  }

  private void add(int node) {
    if (node != Document.NONE) {
      topic.word(push.textBytes(node), push.textStart(node), push.textLength(node));
    }
  }

  private void addEventKey() {
    if (eventKey == Document.NONE) {
      return;
    }
    byte[] bytes = push.textBytes(eventKey);
    int start = push.textStart(eventKey);
    int length = push.textLength(eventKey);
    int prefix = SCENE_PREFIX.length;
    if (length >= prefix && Arrays.equals(bytes, start, start + prefix, SCENE_PREFIX, 0, prefix)) {
      start += prefix;
      length -= prefix;
    }
    topic.word(bytes, start, length);
  }

  /**
   * The de-duplication key.
   *
   * @param bytes holds the inner text
   * @param signature what authenticated this request
   */
  String dedupeKey(Product product, byte[] bytes, int start, int length, String signature) {
    String key = null;
    if (infoType != Document.NONE || isEvent()) {
      EventType type = type(product);
      key = type == null ? null : dedupe.ofEvent(push, type, user, createTime);
    } else if (messageType != Document.NONE && push.textEquals(messageType, STREAM)) {
      // A WeCom bot's poll for more of a stream: each is a new one, however alike they look.
      byte[] unique = ascii(signature);
      key = dedupe.ofText(unique, 0, unique.length);
    } else if (messageId != Document.NONE && push.textLength(messageId) > 0) {
      key = dedupe.ofMessage(push, messageId, user, createTime);
    }
    return key == null ? dedupe.ofText(bytes, start, length) : key;
  }

  private @Nullable EventType type(Product product) {
    boolean notice = infoType != Document.NONE;
    int name = notice ? infoType : event;
    Kind kind = notice ? Kind.NOTICE : nestedEvent ? Kind.BOT_EVENT : Kind.EVENT;
    return catalog.find(
        product, kind, push.textBytes(name), push.textStart(name), push.textLength(name));
  }

  @Nullable String user() {
    return text(user);
  }

  @Nullable String account() {
    return text(account);
  }

  @Nullable String messageId() {
    return text(messageId);
  }

  /** Seconds; 0 if there is none or it is not 1 to 12 digits. */
  long createTime() {
    if (createTime == Document.NONE) {
      return 0;
    }
    int length = push.textLength(createTime);
    if (length > 12) {
      return 0;
    }
    byte[] bytes = push.textBytes(createTime);
    long value = 0;
    for (int i = push.textStart(createTime), end = i + length; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private @Nullable String text(int node) {
    return node == Document.NONE || push.textLength(node) == 0
        ? null
        : new String(
            push.textBytes(node),
            push.textStart(node),
            push.textLength(node),
            StandardCharsets.UTF_8);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
