package dev.hongyan.gateway.session;

import org.jspecify.annotations.Nullable;

/** Who keeps a subscription's cursor and who gets a message. */
enum Mode {
  /** The client keeps the cursor; every subscriber gets every message. */
  LIVE("live"),
  /** We keep the cursor under a name; one connection has the name. */
  DURABLE("durable"),
  /** We keep the cursor under a name; the connections of that name share the messages. */
  SHARED("shared");

  private final String word;

  Mode(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }

  static @Nullable Mode of(String word) {
    for (Mode m : values()) {
      if (m.word.equals(word)) {
        return m;
      }
    }
    return null;
  }
}
