package dev.hongyan.simulator.push;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Fields of a push in the order in which WeChat writes them, independent of XML or JSON. Names are
 * WeChat's own and not checked; values may hold anything. Not thread-safe while being filled.
 */
public final class PushFields {
  private final Map<String, Field> fields = new LinkedHashMap<>();
  private boolean identified;

  /** What every push has that is known only when it is made. */
  record Facts(long number, long messageId) {}

  /** One field, which knows both ways to write itself. */
  private sealed interface Field {
    void xml(String name, StringBuilder out, Facts facts);

    void json(String name, JsonObject out, Facts facts);
  }

  /** No fields yet. */
  public static PushFields none() {
    return new PushFields();
  }

  /** Adds text. */
  @CanIgnoreReturnValue
  public PushFields text(String name, String value) {
    return add(name, new Text(value, false));
  }

  /** Adds text that ends with the push's number, see {@link SimulatedPush#number}. */
  @CanIgnoreReturnValue
  public PushFields numbered(String name, String prefix) {
    identified |= name.equals("EventKey");
    return add(name, new Text(prefix, true));
  }

  /** Adds a whole number. */
  @CanIgnoreReturnValue
  public PushFields number(String name, long value) {
    return add(name, new Bare(value));
  }

  /** Adds a decimal number, written as given. */
  @CanIgnoreReturnValue
  public PushFields decimal(String name, BigDecimal value) {
    return add(name, new Bare(value));
  }

  /** Adds a decimal number whose whole part is the push's number. */
  @CanIgnoreReturnValue
  public PushFields numberedDecimal(String name, String fraction) {
    return add(name, new NumberedDecimal(fraction));
  }

  /** Adds the push's own id as a number: {@code MsgId}, or {@code MsgID} of job results. */
  @CanIgnoreReturnValue
  public PushFields messageId(String name) {
    identified = true;
    return add(name, new MessageId());
  }

  /** Adds an element with fields of its own. */
  @CanIgnoreReturnValue
  public PushFields group(String name, PushFields value) {
    return add(name, new Group(value, false));
  }

  /** Adds an element that WeChat writes in XML only; in JSON its fields stand in its place. */
  @CanIgnoreReturnValue
  public PushFields xmlGroup(String name, PushFields value) {
    return add(name, new Group(value, true));
  }

  /**
   * Adds a list: siblings of one name in XML; in JSON an array, but the bare object if there is
   * only one entry. That is what WeChat does.
   */
  @CanIgnoreReturnValue
  public PushFields list(String name, List<PushFields> entries) {
    return add(name, new Entries(List.copyOf(entries)));
  }

  /** Adds all fields of {@code others}. */
  @CanIgnoreReturnValue
  public PushFields all(PushFields others) {
    fields.putAll(others.fields);
    identified |= others.identified;
    return this;
  }

  /** Whether some field tells this push from every other of the same user and second. */
  boolean isIdentified() {
    return identified;
  }

  String toXml(Facts facts) {
    StringBuilder out = new StringBuilder(512).append("<xml>");
    xml(out, facts);
    return out.append("</xml>").toString();
  }

  String toJson(Facts facts) {
    JsonObject out = new JsonObject();
    json(out, facts);
    return out.encode();
  }

  private void xml(StringBuilder out, Facts facts) {
    fields.forEach((name, field) -> field.xml(name, out, facts));
  }

  private void json(JsonObject out, Facts facts) {
    fields.forEach((name, field) -> field.json(name, out, facts));
  }

  private PushFields add(String name, Field field) {
    fields.put(name, field);
    return this;
  }

  private record Text(String value, boolean numbered) implements Field {
    private String in(Facts facts) {
      return numbered ? value + facts.number() : value;
    }

    @Override
    public void xml(String name, StringBuilder out, Facts facts) {
      // A CDATA section cannot contain its own end: close it between the brackets, open the next.
      String safe = in(facts).replace("]]>", "]]]]><![CDATA[>");
      out.append('<').append(name).append("><![CDATA[").append(safe);
      out.append("]]></").append(name).append('>');
    }

    @Override
    public void json(String name, JsonObject out, Facts facts) {
      out.put(name, in(facts));
    }
  }

  private record Bare(Number value) implements Field {
    @Override
    public void xml(String name, StringBuilder out, Facts facts) {
      bare(name, value, out);
    }

    @Override
    public void json(String name, JsonObject out, Facts facts) {
      out.put(name, value);
    }
  }

  private record NumberedDecimal(String fraction) implements Field {
    private BigDecimal in(Facts facts) {
      return new BigDecimal(facts.number() + "." + fraction);
    }

    @Override
    public void xml(String name, StringBuilder out, Facts facts) {
      bare(name, in(facts), out);
    }

    @Override
    public void json(String name, JsonObject out, Facts facts) {
      out.put(name, in(facts));
    }
  }

  private record MessageId() implements Field {
    @Override
    public void xml(String name, StringBuilder out, Facts facts) {
      bare(name, facts.messageId(), out);
    }

    @Override
    public void json(String name, JsonObject out, Facts facts) {
      out.put(name, facts.messageId());
    }
  }

  private record Group(PushFields inner, boolean xmlOnly) implements Field {
    @Override
    public void xml(String name, StringBuilder out, Facts facts) {
      out.append('<').append(name).append('>');
      inner.xml(out, facts);
      out.append("</").append(name).append('>');
    }

    @Override
    public void json(String name, JsonObject out, Facts facts) {
      if (xmlOnly) {
        inner.json(out, facts);
      } else {
        out.put(name, object(inner, facts));
      }
    }
  }

  private record Entries(List<PushFields> entries) implements Field {
    @Override
    public void xml(String name, StringBuilder out, Facts facts) {
      entries.forEach(entry -> new Group(entry, false).xml(name, out, facts));
    }

    @Override
    public void json(String name, JsonObject out, Facts facts) {
      List<Object> objects = new ArrayList<>(entries.size());
      entries.forEach(entry -> objects.add(object(entry, facts)));
      out.put(name, objects.size() == 1 ? objects.get(0) : new JsonArray(objects));
    }
  }

  private static void bare(String name, Object value, StringBuilder out) {
    out.append('<').append(name).append('>').append(value);
    out.append("</").append(name).append('>');
  }

  private static JsonObject object(PushFields fields, Facts facts) {
    JsonObject out = new JsonObject();
    fields.json(out, facts);
    return out;
  }
}
