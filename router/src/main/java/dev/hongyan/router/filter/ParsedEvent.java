package dev.hongyan.router.filter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.cel.common.values.NullValue;
import dev.cel.runtime.CelVariableResolver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An event as filters see it, parsed when the first of them asks and not again. Share one among all
 * filters of an entry. For one thread.
 */
public final class ParsedEvent implements CelVariableResolver {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(100).build())
          .build();

  private final byte[] bytes;
  private final Effort effort = new Effort();
  private @Nullable Map<String, Object> fields;
  private boolean unreadable;

  /**
   * @param bytes a CloudEvent, UTF-8 JSON; not copied
   */
  public ParsedEvent(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The variable of that name; empty when the event does not have it. */
  @Override
  public Optional<Object> find(String name) {
    Map<String, Object> all = fields();
    if (all == null) {
      return Optional.empty();
    }
    return name.equals(EventFilter.EVENT) ? Optional.of(all) : Optional.ofNullable(all.get(name));
  }

  /** One evaluation's share of work, begun by whoever evaluates. */
  Effort effort() {
    return effort;
  }

  private @Nullable Map<String, Object> fields() {
    if (fields == null && !unreadable) {
      try (JsonParser in = JSON.createParser(bytes)) {
        if (in.nextToken() == JsonToken.START_OBJECT) {
          fields = object(in);
        }
      } catch (IOException e) {
        fields = null;
      }
      unreadable = fields == null;
    }
    return fields;
  }

  private Map<String, Object> object(JsonParser in) throws IOException {
    Map<String, Object> object = new LinkedHashMap<>();
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = in.currentName();
      in.nextToken();
      object.put(name, value(in));
    }
    return effort.counted(object);
  }

  private List<Object> array(JsonParser in) throws IOException {
    List<Object> array = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(in));
    }
    return effort.counted(array);
  }

  /** CEL knows 64-bit integers and doubles; what is larger than the one is the other. */
  private Object value(JsonParser in) throws IOException {
    return switch (in.currentToken()) {
      case START_OBJECT -> object(in);
      case START_ARRAY -> array(in);
      case VALUE_STRING -> in.getText();
      case VALUE_TRUE -> Boolean.TRUE;
      case VALUE_FALSE -> Boolean.FALSE;
      case VALUE_NUMBER_INT ->
          in.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? (Object) in.getDoubleValue()
              : (Object) in.getLongValue();
      case VALUE_NUMBER_FLOAT -> in.getDoubleValue();
      case VALUE_NULL -> NullValue.NULL_VALUE;
      default -> throw new IOException("not JSON");
    };
  }
}
