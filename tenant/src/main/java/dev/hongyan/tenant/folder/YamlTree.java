package dev.hongyan.tenant.folder;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One YAML document as JSON, with the line of every field, so that a mistake can be shown where it
 * is. Straight from the parser's events: no mapper, no reflection.
 *
 * @param body the document
 * @param lines from a path such as {@code accounts[0].token} to its line, from 1
 */
record YamlTree(JsonObject body, Map<String, Integer> lines) {
  // Thread-safe once built.
  private static final YAMLFactory FACTORY = new YAMLFactory();
  private static final int DEPTH_MAX = 32;

  /** A document that is none, and where. */
  static final class Broken extends Exception {
    private static final long serialVersionUID = 1L;
    private final int line;

    Broken(int line, String message) {
      super(message, null, false, false);
      this.line = line;
    }

    int line() {
      return line;
    }
  }

  static YamlTree parse(byte[] text) throws Broken {
    Map<String, Integer> lines = new HashMap<>();
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Broken(1, "must hold one tenant, as a mapping");
      }
      JsonObject body = object(parser, "", lines, 0);
      if (parser.nextToken() != null) {
        throw new Broken(line(parser), "must hold one document only");
      }
      return new YamlTree(body, lines);
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      // Only the first line of the parser's message: the others repeat the file, secrets included.
      String problem = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
      throw new Broken(line, "is not YAML: " + problem);
    } catch (IOException e) {
      throw new Broken(1, "cannot be read: " + e.getMessage());
    }
  }

  /** The line of a field, or of the nearest thing around it that is written down. */
  int lineOf(String path) {
    for (String at = path; !at.isEmpty(); ) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
      int cut = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
      at = cut < 0 ? "" : at.substring(0, cut);
    }
    return 1;
  }

  private static JsonObject object(
      JsonParser parser, String path, Map<String, Integer> lines, int depth)
      throws IOException, Broken {
    JsonObject object = new JsonObject();
    String prefix = path.isEmpty() ? "" : path + ".";
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      String at = prefix + field;
      if (object.containsKey(field)) {
        throw new Broken(line(parser), at + " is there twice");
      }
      lines.put(at, line(parser));
      object.put(field, value(parser, parser.nextToken(), at, lines, depth));
    }
    return object;
  }

  private static JsonArray array(
      JsonParser parser, String path, Map<String, Integer> lines, int depth)
      throws IOException, Broken {
    JsonArray array = new JsonArray();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      String at = path + "[" + array.size() + "]";
      lines.put(at, line(parser));
      array.add(value(parser, token, at, lines, depth));
    }
    return array;
  }

  private static @Nullable Object value(
      JsonParser parser, JsonToken token, String path, Map<String, Integer> lines, int depth)
      throws IOException, Broken {
    if (depth >= DEPTH_MAX) {
      throw new Broken(line(parser), "is nested too deeply");
    }
    return switch (token) {
      case START_OBJECT -> object(parser, path, lines, depth + 1);
      case START_ARRAY -> array(parser, path, lines, depth + 1);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> parser.getText();
    };
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }
}
