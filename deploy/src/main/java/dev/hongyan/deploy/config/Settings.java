package dev.hongyan.deploy.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * What was set and where, before anybody knows whether it makes sense. The environment wins over
 * the file. Collects problems instead of stopping at the first.
 */
final class Settings {
  private static final int FILE_MAX = 1 << 20;

  /** A value as written, and where ({@code hongyan.yaml line 3} or the name of a variable). */
  private record Setting(String value, String where) {}

  private final Map<String, Setting> set = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Key<?>> byName = new HashMap<>();

  Settings() {
    Keys.all().forEach(key -> byName.put(key.name(), key));
  }

  void addFile(Path file) {
    try {
      if (Files.size(file) > FILE_MAX) {
        problems.add(file + ": larger than 1 MiB");
        return;
      }
      // Nodes, not objects: they keep the text of a value and its line.
      LoaderOptions options = new LoaderOptions();
      options.setMaxAliasesForCollections(10);
      Node root;
      try (Reader reader = Files.newBufferedReader(file)) {
        root = new Yaml(new SafeConstructor(options)).compose(reader);
      }
      if (root instanceof MappingNode mapping) {
        addMapping(file.getFileName().toString(), "", mapping);
      } else if (root != null && !Tag.NULL.equals(root.getTag())) {
        problems.add(file + ": expected is a mapping of keys to values");
      }
    } catch (NoSuchFileException e) {
      problems.add(file + ": no such file");
    } catch (MalformedInputException e) {
      problems.add(file + ": not UTF-8");
    } catch (IOException e) {
      problems.add(file + ": cannot be read (" + e.getClass().getSimpleName() + ")");
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
      problems.add(file.getFileName() + " line " + line + ": not YAML: " + e.getProblem());
    } catch (YAMLException e) {
      problems.add(file + ": not YAML");
    }
  }

  private void addMapping(String file, String prefix, MappingNode mapping) {
    for (NodeTuple tuple : mapping.getValue()) {
      String where = file + " line " + (tuple.getKeyNode().getStartMark().getLine() + 1);
      if (!(tuple.getKeyNode() instanceof ScalarNode keyNode)) {
        problems.add(where + ": a key is one word");
        continue;
      }
      String name = prefix + keyNode.getValue();
      Node value = tuple.getValueNode();
      if (value instanceof MappingNode nested) {
        if (nested.getValue().isEmpty()) {
          continue;
        }
        if (Keys.all().stream().anyMatch(key -> key.name().startsWith(name + "."))) {
          addMapping(file, name + ".", nested);
        } else {
          unknown(where, name, name);
        }
        continue;
      }
      Key<?> key = byName.get(name);
      if (key == null) {
        if (!Tag.NULL.equals(value.getTag())
            || Keys.all().stream().noneMatch(k -> k.name().startsWith(name + "."))) {
          unknown(where, name, name);
        }
        continue;
      }
      String text = text(value);
      if (text == null) {
        problems.add(where + ": " + name + ": expected is " + key.kind().expects());
      } else if (set.putIfAbsent(name, new Setting(text, where)) != null) {
        problems.add(where + ": " + name + " is set twice");
      }
    }
  }

  private static @Nullable String text(Node value) {
    if (value instanceof ScalarNode scalar) {
      return Tag.NULL.equals(scalar.getTag()) ? "" : scalar.getValue();
    }
    if (!(value instanceof SequenceNode list)) {
      return null;
    }
    List<String> words = new ArrayList<>();
    for (Node element : list.getValue()) {
      if (!(element instanceof ScalarNode word)) {
        return null;
      }
      words.add(word.getValue());
    }
    return String.join(",", words);
  }

  /** Takes every variable that begins with {@code HONGYAN_}; an empty one counts as not set. */
  void addEnvironment(Map<String, String> environment) {
    Map<String, Key<?>> byVariable = new HashMap<>();
    for (Key<?> key : Keys.all()) {
      byVariable.put(key.variable(), key);
      byVariable.put(key.shortVariable(), key);
    }
    Map<String, String> from = new HashMap<>();
    // Sorted, so that the same mistakes give the same report.
    new TreeMap<>(environment)
        .forEach(
            (variable, value) -> {
              if (!variable.startsWith(Keys.PREFIX) || LAUNCHER.contains(variable)) {
                return;
              }
              Key<?> key = byVariable.get(variable);
              if (key == null) {
                unknown("environment", variable, Nearest.plain(variable));
              } else if (!value.isEmpty()) {
                String before = from.put(key.name(), variable);
                if (before != null) {
                  problems.add("environment: " + before + " and " + variable + " are the same key");
                }
                set.put(key.name(), new Setting(value, "environment " + variable));
              }
            });
  }

  /** Read by bin/hongyan or by commands that ask a node, not here. */
  private static final List<String> LAUNCHER =
      List.of("HONGYAN_JAVA_OPTS", "HONGYAN_CONFIG", "HONGYAN_KEY");

  private void unknown(String where, String asWritten, String name) {
    String hint =
        Nearest.to(name)
            .map(key -> asWritten.startsWith(Keys.PREFIX) ? key.variable() : key.name())
            .map(nearest -> "; did you mean " + nearest + "?")
            .orElse("; see docs/guide/configuration.md");
    problems.add(where + ": unknown key " + printable(asWritten) + hint);
  }

  /** The value of a key, or null when it is not set and has no default, or is wrong. */
  <T> @Nullable T get(Key<T> key) {
    Setting setting = set.get(key.name());
    String text = setting == null || setting.value().isBlank() ? key.byDefault() : setting.value();
    if (text.isEmpty()) {
      return null;
    }
    try {
      return key.kind().parse().apply(text.strip());
    } catch (IllegalArgumentException | ArithmeticException e) {
      String where = setting == null ? "default" : setting.where();
      String shown = key.secret() ? "the value (not shown)" : '"' + printable(text) + '"';
      problems.add(where + ": " + key.name() + ": " + shown + " is not " + key.kind().expects());
      return null;
    }
  }

  /** The value of a key that has a default; the default also when it is wrong (and reported). */
  <T> T require(Key<T> key) {
    T value = get(key);
    return value != null ? value : key.kind().parse().apply(key.byDefault());
  }

  boolean isSet(Key<?> key) {
    Setting setting = set.get(key.name());
    return setting != null && !setting.value().isBlank();
  }

  /** Adds a problem between keys. */
  void complain(String problem) {
    problems.add(problem);
  }

  List<String> problems() {
    return problems;
  }

  private static String printable(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 80 ? line : line.substring(0, 77) + "...";
  }
}
