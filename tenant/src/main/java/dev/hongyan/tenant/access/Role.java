package dev.hongyan.tenant.access;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an API key may do in its tenant, each including the ones before. */
public enum Role {
  /** Reads what is no secret. */
  GUEST,
  /** Publishes, mints client tokens. */
  CONTRIBUTOR,
  /** Looks into messages and dead letters, sends them again. */
  REVIEWER,
  /** Everything in its tenant, all scopes. */
  ADMIN;

  /** Whether this role includes {@code other}. */
  public boolean includes(Role other) {
    return compareTo(other) >= 0;
  }

  /** The role of that name, or null. */
  public static @Nullable Role of(@Nullable Object name) {
    for (Role each : values()) {
      if (each.text().equals(name)) {
        return each;
      }
    }
    return null;
  }

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
