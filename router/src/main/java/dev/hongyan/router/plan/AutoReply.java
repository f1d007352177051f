package dev.hongyan.router.plan;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.samskivert.mustache.BasicCollector;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import dev.hongyan.router.log.LogEntry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The handler {@code reply}: answers by itself with a message whose texts are Mustache templates
 * over the event, for example {@code {"type":"text","content":"You said {{data.Content}}"}}.
 *
 * <p>A template sees the event's own fields and nothing else: no method is called and no other
 * template included. What it finds nothing for is empty. An attempt fails when a text has more than
 * {@value #CHARS_MAX} characters or the sections together go round more than {@value #ROUNDS_MAX}
 * times. For one thread.
 */
final class AutoReply implements Handler {
  private static final int CHARS_MAX = 8_192;
  private static final int ROUNDS_MAX = 10_000;
  private static final String MESSAGE = "message";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};

  private final Fields fields = new Fields();
  private final Object message;

  AutoReply(JsonObject settings) {
    this.message = compiled(settings.getJsonObject(MESSAGE), compiler(fields));
  }

  private static Mustache.Compiler compiler(Fields fields) {
    return Mustache.compiler().escapeHTML(false).defaultValue("").withCollector(fields);
  }

  /** What is wrong with its settings, or null. */
  static @Nullable String problemWith(JsonObject settings) {
    if (!(settings.getValue(MESSAGE) instanceof JsonObject message)
        || !(message.getValue("type") instanceof String)) {
      return "needs {\"message\":{\"type\":\"text\",\"content\":\"…\"}}";
    }
    if (!settings.fieldNames().equals(Set.of(MESSAGE))) {
      return "knows only message";
    }
    try {
      Object unused = compiled(message, compiler(new Fields()));
      return null;
    } catch (MustacheException e) {
      return "has a text that is no template: " + e.getMessage();
    }
  }

  @Override
  public Future<byte[]> handle(LogEntry entry) {
    fields.rounds = 0;
    try {
      Map<String, Object> event = JSON.readValue(entry.event(), FIELDS);
      return Future.succeededFuture(
          JSON.writeValueAsBytes(Map.of("reply", rendered(message, event))));
    } catch (IOException | MustacheException e) {
      return Future.failedFuture(e);
    }
  }

  /** The same tree with a template in the place of each text. */
  private static Object compiled(@Nullable Object value, Mustache.Compiler compiler) {
    if (value instanceof JsonObject object) {
      return compiled(object.getMap(), compiler);
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> out = new LinkedHashMap<>();
      map.forEach((name, inner) -> out.put(String.valueOf(name), compiled(inner, compiler)));
      return out;
    }
    if (value instanceof JsonArray array) {
      return array.stream().map(inner -> compiled(inner, compiler)).toList();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(inner -> compiled(inner, compiler)).toList();
    }
    if (value instanceof String text) {
      Template template = compiler.compile(text);
      template.visit(new NoIncludes());
      return template;
    }
    return value == null ? "" : value;
  }

  private static Object rendered(Object value, Map<String, Object> event) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> out = new LinkedHashMap<>();
      map.forEach((name, inner) -> out.put(String.valueOf(name), rendered(inner, event)));
      return out;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(inner -> rendered(inner, event)).toList();
    }
    if (value instanceof Template template) {
      Bounded out = new Bounded();
      template.execute(event, out);
      return out.toString();
    }
    return value;
  }

  /** Finds templates within a template. */
  private static final class NoIncludes implements Mustache.Visitor {
    @Override
    public void visitText(String text) {}

    @Override
    public void visitVariable(String name) {}

    @Override
    public boolean visitInclude(String name) {
      throw new MustacheException("a template cannot include another");
    }

    @Override
    public boolean visitParent(String name) {
      return visitInclude(name);
    }

    @Override
    public boolean visitBlock(String name) {
      return visitInclude(name);
    }

    @Override
    public boolean visitSection(String name) {
      return true;
    }

    @Override
    public boolean visitInvertedSection(String name) {
      return true;
    }
  }

  /** Knows maps and lists; the library's own would also call methods of what it finds. */
  private static final class Fields extends BasicCollector {
    private int rounds;

    @Override
    public <K, V> Map<K, V> createFetcherCache() {
      return new HashMap<>();
    }

    @Override
    public @Nullable Iterator<?> toIterator(Object value) {
      Iterator<?> each = super.toIterator(value);
      return each == null ? null : new Counted(each);
    }

    private final class Counted implements Iterator<Object> {
      private final Iterator<?> each;

      Counted(Iterator<?> each) {
        this.each = each;
      }

      @Override
      public boolean hasNext() {
        return each.hasNext();
      }

      @Override
      public Object next() {
        if (++rounds > ROUNDS_MAX) {
          throw new MustacheException("the sections go round more than " + ROUNDS_MAX + " times");
        }
        return each.next();
      }
    }
  }

  private static final class Bounded extends StringWriter {
    @Override
    public void write(int c) {
      check(1);
      super.write(c);
    }

    @Override
    public void write(char[] text, int from, int length) {
      check(length);
      super.write(text, from, length);
    }

    @Override
    public void write(String text) {
      check(text.length());
      super.write(text);
    }

    @Override
    public void write(String text, int from, int length) {
      check(length);
      super.write(text, from, length);
    }

    private void check(int more) {
      if (getBuffer().length() + more > CHARS_MAX) {
        throw new MustacheException("the text is longer than " + CHARS_MAX + " characters");
      }
    }
  }
}
