package dev.hongyan.wechat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.provider.Arguments;

/** The shared test vectors, as JSON trees read by a parser that is not ours. */
public final class Vectors {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Vectors() {}

  public static JsonNode file(String name) {
    try (InputStream in = Vectors.class.getResourceAsStream("/vectors/" + name + ".json")) {
      return MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static JsonNode json(byte[] bytes) {
    try {
      return MAPPER.readTree(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Stream<JsonNode> each(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  /** One argument set per entry, shown by its id. */
  public static Stream<Arguments> named(JsonNode array) {
    return each(array).map(entry -> Arguments.of(entry.get("id").asText(), entry));
  }

  /** A query string as WeChat would write it. */
  public static String query(JsonNode parameters) {
    StringBuilder out = new StringBuilder();
    parameters
        .properties()
        .forEach(
            entry ->
                out.append(out.isEmpty() ? "" : "&")
                    .append(entry.getKey())
                    .append('=')
                    .append(
                        java.net.URLEncoder.encode(
                            entry.getValue().asText(), java.nio.charset.StandardCharsets.UTF_8)));
    return out.toString();
  }
}
