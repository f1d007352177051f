package dev.hongyan.wechat.event;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.document.JsonReader;
import dev.hongyan.wechat.document.MalformedDocument;
import dev.hongyan.wechat.event.EventType.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The events WeChat is known to send, from {@code event-catalog.json}. Names are found whatever
 * their letter case, since WeChat mixes it. What is not found is a normal event of which nothing is
 * known.
 */
public final class EventCatalog {
  private final List<EventType> types;
  private final @Nullable Entry[] table;

  @SuppressWarnings("ArrayRecordComponent") // Compared byte by byte against slices of a push.
  private record Entry(byte[] name, EventType type, @Nullable Entry next) {}

  private EventCatalog(List<EventType> types) {
    this.types = List.copyOf(types);
    this.table = new Entry[512];
    // Backwards, so that the first entry of the file is the first of its chain.
    for (int i = types.size() - 1; i >= 0; i--) {
      byte[] name = types.get(i).name().getBytes(StandardCharsets.UTF_8);
      int slot = slot(name, 0, name.length);
      table[slot] = new Entry(name, types.get(i), table[slot]);
    }
  }

  /** The catalogue of this version, read once. */
  public static EventCatalog standard() {
    return Standard.CATALOG;
  }

  /** All kinds of events, in the order of the file. */
  public List<EventType> types() {
    return types;
  }

  /** Finds an event by name; null if it is unknown. The other form has the details. */
  public @Nullable EventType find(Product product, Kind kind, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return find(product, kind, bytes, 0, bytes.length);
  }

  /**
   * Finds an event by name.
   *
   * @param product who sent it; official accounts and mini programs share events, and a component
   *     gets the events of both
   * @param kind where the name stands
   * @return null if it is unknown
   */
  public @Nullable EventType find(Product product, Kind kind, byte[] bytes, int start, int length) {
    EventType near = null;
    for (Entry entry = table[slot(bytes, start, length)]; entry != null; entry = entry.next()) {
      EventType type = entry.type();
      if (type.kind() == kind && equalsIgnoreCase(entry.name(), bytes, start, length)) {
        if (type.products().contains(product)) {
          return type;
        }
        if (near == null && product != Product.WECOM && !type.products().contains(Product.WECOM)) {
          near = type;
        }
      }
    }
    return near;
  }

  private int slot(byte[] bytes, int start, int length) {
    int hash = 0;
    for (int i = start, end = start + length; i < end; i++) {
      hash = hash * 31 + lower(bytes[i]);
    }
    return (hash ^ hash >>> 10) & table.length - 1;
  }

  private static boolean equalsIgnoreCase(byte[] name, byte[] bytes, int start, int length) {
    if (name.length != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (lower(name[i]) != lower(bytes[start + i])) {
        return false;
      }
    }
    return true;
  }

  private static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }

  /** Loads on first use. */
  private static final class Standard {
    static final EventCatalog CATALOG = load();

    private static EventCatalog load() {
      try (InputStream in = EventCatalog.class.getResourceAsStream("event-catalog.json")) {
        if (in == null) {
          throw new IllegalStateException("event-catalog.json is missing from this jar");
        }
        return read(JsonReader.parse(in.readAllBytes()));
      } catch (IOException | MalformedDocument e) {
        throw new IllegalStateException("event-catalog.json cannot be read", e);
      }
    }

    private static EventCatalog read(Document json) {
      List<EventType> types = new ArrayList<>();
      int events = child(json, Document.ROOT, "events");
      for (int at = json.firstChild(events); at != Document.NONE; at = json.next(at)) {
        String product = text(json, at, "product");
        types.add(
            new EventType(
                products(product),
                text(json, at, "event"),
                kind(product),
                texts(json, at, "fields"),
                texts(json, at, "dedup")));
      }
      return new EventCatalog(types);
    }

    private static Kind kind(String product) {
      return switch (product) {
        case "open-platform", "wecom-suite" -> Kind.NOTICE;
        case "wecom-aibot" -> Kind.BOT_EVENT;
        default -> Kind.EVENT;
      };
    }

    private static Set<Product> products(String names) {
      Set<Product> products = EnumSet.noneOf(Product.class);
      for (String name : names.split("\\+", -1)) {
        products.add(
            switch (name) {
              case "official-account" -> Product.MP;
              case "miniprogram" -> Product.MINI;
              case "open-platform" -> Product.OPEN;
              case "wecom", "wecom-suite", "wecom-aibot" -> Product.WECOM;
              default -> throw new IllegalStateException("unknown product " + name);
            });
      }
      return products;
    }

    private static List<String> texts(Document json, int node, String name) {
      List<String> texts = new ArrayList<>();
      int list = child(json, node, name);
      for (int at = json.firstChild(list); at != Document.NONE; at = json.next(at)) {
        texts.add(present(json.text(at), name));
      }
      return texts;
    }

    private static String text(Document json, int node, String name) {
      return present(json.text(child(json, node, name)), name);
    }

    private static int child(Document json, int node, String name) {
      int child = json.child(node, name.getBytes(StandardCharsets.UTF_8));
      if (child == Document.NONE) {
        throw new IllegalStateException("event-catalog.json lacks " + name);
      }
      return child;
    }

    private static String present(@Nullable String text, String name) {
      if (text == null) {
        throw new IllegalStateException("event-catalog.json has no text in " + name);
      }
      return text;
    }
  }
}
