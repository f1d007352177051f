package dev.hongyan.tenant.folder;

import dev.hongyan.observability.problem.ProblemException.FieldError;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Secrets that a file of the folder does not hold but names: {@code ${env:NAME}}, a variable of
 * this process, or {@code ${file:/run/secrets/x}}, a file of this machine without the line break at
 * its end. Only where a secret belongs, so that nothing else can be read out by them; our own
 * settings are not to be had. Messages never repeat a value.
 */
final class SecretReferences {
  static final SecretReferences OF_THIS_PROCESS = new SecretReferences(System::getenv);

  private static final Set<String> FIELDS =
      Set.of(
          "secret",
          "previousSecret",
          "token",
          "previousToken",
          "encodingAesKey",
          "previousEncodingAesKey");
  private static final String BEGIN = "${";
  private static final String END = "}";
  private static final String OURS = "HONGYAN_";
  private static final long SIZE_MAX = 64 * 1024;

  private final Function<String, @Nullable String> environment;

  SecretReferences(Function<String, @Nullable String> environment) {
    this.environment = environment;
  }

  /**
   * A document with everything in its place.
   *
   * @param refers whether there was any reference
   * @param digest of all that they led to; another one when any of it changes
   * @param errors those that lead nowhere; their fields are left out
   */
  record Resolved(JsonObject body, boolean refers, String digest, List<FieldError> errors) {}

  /**
   * Puts everything in its place.
   *
   * @param text the same as it was written
   */
  Resolved resolve(byte[] text, JsonObject body) {
    if (!mayRefer(text)) {
      return new Resolved(body, false, "", List.of());
    }
    Walk walk = new Walk();
    JsonObject out = walk.object("", body);
    return walk.found == 0 && walk.errors.isEmpty()
        ? new Resolved(body, false, "", List.of())
        : new Resolved(out, true, walk.hex(), walk.errors);
  }

  /** Most files do not, and of them nothing is copied. */
  private static boolean mayRefer(byte[] text) {
    for (int i = 0; i + 1 < text.length; i++) {
      if (text[i] == '$' && text[i + 1] == '{') {
        return true;
      }
    }
    return false;
  }

  private final class Walk {
    final List<FieldError> errors = new ArrayList<>();
    final MessageDigest digest;
    int found;

    Walk() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    String hex() {
      return HexFormat.of().formatHex(digest.digest());
    }

    JsonObject object(String path, JsonObject from) {
      JsonObject out = new JsonObject();
      for (Map.Entry<String, Object> each : from) {
        String at = path.isEmpty() ? each.getKey() : path + "." + each.getKey();
        Object value = value(at, each.getKey(), each.getValue());
        if (value != null || each.getValue() == null) {
          out.put(each.getKey(), value);
        }
      }
      return out;
    }

    private @Nullable Object value(String path, String field, @Nullable Object value) {
      if (value instanceof JsonObject inner) {
        return object(path, inner);
      }
      if (value instanceof JsonArray list) {
        JsonArray out = new JsonArray();
        for (int i = 0; i < list.size(); i++) {
          out.add(value(path + "[" + i + "]", field, list.getValue(i)));
        }
        return out;
      }
      if (value instanceof String text && text.startsWith(BEGIN) && text.endsWith(END)) {
        return looked(path, field, text.substring(BEGIN.length(), text.length() - END.length()));
      }
      return value;
    }

    private @Nullable String looked(String path, String field, String what) {
      String wrong;
      if (!FIELDS.contains(field)) {
        wrong = "may not refer to something elsewhere; only secrets may";
      } else {
        Function<String, @Nullable String> by = what.startsWith("env:") ? this::env : this::file;
        int colon = what.indexOf(':');
        boolean known = what.startsWith("env:") || what.startsWith("file:");
        String value = known ? by.apply(what.substring(colon + 1)) : null;
        if (value != null && !value.isEmpty()) {
          found++;
          byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
          digest.update(Integer.toString(bytes.length).getBytes(StandardCharsets.US_ASCII));
          digest.update((byte) ':');
          digest.update(bytes);
          return value;
        }
        wrong =
            !known
                ? "refers to nothing known; expected is ${env:NAME} or ${file:/path}"
                : what.startsWith("env:")
                    ? "refers to a variable that is not set, or is one of our own"
                    : "refers to a file that is not there, empty, or cannot be read";
      }
      errors.add(new FieldError(path, wrong));
      return null;
    }

    private @Nullable String env(String name) {
      return name.startsWith(OURS) ? null : environment.apply(name);
    }

    private @Nullable String file(String name) {
      try {
        Path path = Path.of(name);
        if (!path.isAbsolute() || !Files.isRegularFile(path) || Files.size(path) > SIZE_MAX) {
          return null;
        }
        String text = Files.readString(path);
        return text.endsWith("\r\n")
            ? text.substring(0, text.length() - 2)
            : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
      } catch (IOException | InvalidPathException e) {
        return null;
      }
    }
  }
}
