package dev.hongyan.deploy.config;

import java.util.List;

/** Everything that is wrong with the configuration, at once. The message has one line for each. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  ConfigException(List<String> problems) {
    super(String.join("\n", problems), null, false, false);
    this.problems = List.copyOf(problems);
  }

  /** One sentence each: where, which key, the value unless it is secret, what is expected. */
  public List<String> problems() {
    return problems;
  }
}
