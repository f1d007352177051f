package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.Rule;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Each line of the protocol has a test that names it. */
class RulesTest {
  private static final Path RULES = Path.of("../docs/protocol/rules.md");
  private static final Path CLASSES = Path.of("target/test-classes");

  @Test
  void eachRuleOfTheProtocolIsNamedByATestAndEachNameIsARule() throws Exception {
    List<String> rules = new ArrayList<>();
    Matcher row =
        Pattern.compile("(?m)^\\| ([A-Z]\\d+) \\| .+ \\|$").matcher(Files.readString(RULES));
    while (row.find()) {
      rules.add(row.group(1));
    }
    assertThat(rules).as("ids").hasSizeGreaterThan(50).doesNotHaveDuplicates();
    assertThat(named()).isEqualTo(new TreeSet<>(rules));
  }

  /** The ids that tests of this module name; only what runs counts. */
  private static Set<String> named() throws IOException, ClassNotFoundException {
    Set<String> out = new TreeSet<>();
    List<Path> files;
    try (Stream<Path> all = Files.walk(CLASSES)) {
      files = all.filter(f -> f.toString().endsWith("Test.class")).toList();
    }
    for (Path file : files) {
      String name = CLASSES.relativize(file).toString().replace('/', '.');
      Class<?> tests =
          Class.forName(
              name.substring(0, name.length() - ".class".length()),
              false,
              RulesTest.class.getClassLoader());
      for (Method method : tests.getDeclaredMethods()) {
        Rule rule = method.getAnnotation(Rule.class);
        if (rule != null && runs(method)) {
          out.addAll(List.of(rule.value()));
        }
      }
    }
    return out;
  }

  private static boolean runs(Method method) {
    return (method.isAnnotationPresent(Test.class)
            || method.isAnnotationPresent(ParameterizedTest.class))
        && !method.isAnnotationPresent(Disabled.class);
  }
}
