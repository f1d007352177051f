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

  /** {@code low} (or 0 to 3) or {@code high} (or 7 to 9); everything else is {@link #NORMAL}. */
  static Priority of(@Nullable String header) {
    if (header == null) {
      return NORMAL;
    }
    return switch (header.toLowerCase(Locale.ROOT)) {
      case "low", "0", "1", "2", "3" -> LOW;
      case "high", "7", "8", "9" -> HIGH;
      default -> NORMAL;
    };
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
