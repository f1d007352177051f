package dev.hongyan.tenant.access;

import java.util.Locale;

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

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
