package dev.hongyan.wechat.event;

import dev.hongyan.wechat.Product;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** One kind of event in the catalogue. */
public final class EventType {
  /** Where a push says which event it is; the same name can mean different events. */
  public enum Kind {
    /** In {@code Event}. */
    EVENT,
    /** In {@code InfoType}: a notice of the Open Platform or to a WeCom suite. */
    NOTICE,
    /** In {@code event.eventtype}: an event of a WeCom bot. */
    BOT_EVENT
  }

  /**
   * Fields that all events of a product share. They alone do not tell apart two events that the
   * platform itself causes in one second.
   */
  private static final Set<String> COMMON =
      Set.of(
          "ToUserName",
          "FromUserName",
          "CreateTime",
          "TimeStamp",
          "Event",
          "InfoType",
          "EventKey",
          "ChangeType",
          "AgentID",
          "SuiteId",
          "AppId");

  private final Set<Product> products;
  private final String name;
  private final Kind kind;
  private final List<String> fields;
  private final List<String> dedupeFields;
  private final byte[][][] dedupePaths;
  private final boolean[] specific;
  private final boolean anySpecific;

  EventType(
      Set<Product> products,
      String name,
      Kind kind,
      List<String> fields,
      List<String> dedupeFields) {
    this.products = Set.copyOf(products);
    this.name = name;
    this.kind = kind;
    this.fields = List.copyOf(fields);
    this.dedupeFields = List.copyOf(dedupeFields);
    this.dedupePaths = new byte[dedupeFields.size()][][];
    this.specific = new boolean[dedupeFields.size()];
    boolean any = false;
    for (int i = 0; i < dedupePaths.length; i++) {
      String[] words = dedupeFields.get(i).split("\\.", -1);
      dedupePaths[i] = new byte[words.length][];
      for (int j = 0; j < words.length; j++) {
        dedupePaths[i][j] = words[j].getBytes(StandardCharsets.UTF_8);
      }
      specific[i] = !COMMON.contains(dedupeFields.get(i));
      any |= specific[i];
    }
    this.anySpecific = any;
  }

  /** The products that send it. */
  public Set<Product> products() {
    return products;
  }

  /** WeChat's name of it, in WeChat's case. */
  public String name() {
    return name;
  }

  /** Where its name stands. */
  public Kind kind() {
    return kind;
  }

  /** Its own fields, as paths; {@code []} marks a list. */
  public List<String> fields() {
    return fields;
  }

  /** The fields that tell two of them apart, as paths. */
  public List<String> dedupeFields() {
    return dedupeFields;
  }

  /** Number of {@link #dedupeFields}. */
  public int dedupeCount() {
    return dedupePaths.length;
  }

  /** Number of names in the path of a de-duplication field. */
  public int dedupeDepth(int index) {
    return dedupePaths[index].length;
  }

  /** One name in the path of a de-duplication field; not to be changed. */
  public byte[] dedupeName(int index, int level) {
    return dedupePaths[index][level];
  }

  /** Whether the field belongs to this kind of event and not to all events. */
  public boolean isSpecific(int index) {
    return specific[index];
  }

  /** Whether any de-duplication field belongs to this kind of event. */
  public boolean hasSpecific() {
    return anySpecific;
  }

  @Override
  public String toString() {
    return "EventType[" + name + ' ' + products + ']';
  }
}
