package dev.hongyan.tenant.audit;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** How entries hang together, and where a chain is broken. No I/O. */
final class Chain {
  static final int HASH_CHARS = 64;

  private long seq;
  private String hash;

  /** Goes on behind an entry that is known. */
  Chain(Link from) {
    this.seq = from.seq();
    this.hash = from.hash();
  }

  /**
   * An entry's number and hash.
   *
   * @param forgedAt where the seal of the head was found not to fit; 0 for nowhere. Stays with all
   *     that comes behind
   */
  record Link(long seq, String hash, long forgedAt) {
    Link(long seq, String hash) {
      this(seq, hash, 0);
    }

    /** What is sealed when this is the newest. */
    String sealed() {
      String plain = seq + " " + hash;
      return forgedAt == 0 ? plain : plain + " " + forgedAt;
    }
  }

  /** What comes before the first entry of {@code scope}, so that two chains never fit together. */
  static Link origin(String scope) {
    return new Link(0, sha256("hongyan-audit/" + scope));
  }

  static String next(String hash, String text) {
    return sha256(hash + text);
  }

  Link at() {
    return new Link(seq, hash);
  }

  /** Takes the next entry, or tells what is wrong with it. */
  AuditLog.@Nullable Break take(AuditEntry entry) {
    long expected = seq + 1;
    if (entry.seq() != expected) {
      return entry.seq() > expected
          ? new AuditLog.Break(expected, "missing")
          : new AuditLog.Break(expected, "inserted");
    }
    if (!next(hash, entry.text()).equals(entry.hash()) || said(entry.text()) != expected) {
      return new AuditLog.Break(expected, "changed");
    }
    seq = expected;
    hash = entry.hash();
    return null;
  }

  private static long said(String text) {
    try {
      return new JsonObject(text).getLong("seq", 0L);
    } catch (DecodeException | ClassCastException notOurs) {
      return 0;
    }
  }

  static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
