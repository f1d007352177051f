package dev.hongyan.gateway.proxy;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How much a call matters to its sender, when not all of them can be made. */
public enum Priority {
  LOW,
  NORMAL,
  HIGH;

  /** The header that names it, on the caller's side only. */
  static final String HEADER = "x-hongyan-priority";

  /** {@code low} or {@code high}; everything else is {@link #NORMAL}. */
  static Priority of(@Nullable String header) {
    if (header == null) {
      return NORMAL;
    }
    return switch (header.toLowerCase(Locale.ROOT)) {
      case "low" -> LOW;
      case "high" -> HIGH;
      default -> NORMAL;
    };
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
