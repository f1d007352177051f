package dev.hongyan.tenant.audit;

import io.vertx.core.json.JsonObject;

/**
 * A link of the chain.
 *
 * @param place where it lies in the store: the number of its key, {@code <seq>-0} when nobody
 *     meddled
 * @param text the entry as it was hashed: JSON in one line, with {@code seq}, {@code at}, {@code
 *     actor}, {@code action}, {@code target}, {@code address}?, {@code requestId}?, {@code
 *     outcome}, {@code changes}?, {@code notes}?
 * @param hash SHA-256 over the hash before (64 hex digits) and the text, as 64 hex digits
 */
public record AuditEntry(String place, String text, String hash) {
  private static final String OPEN = "{\"hash\":\"";
  private static final String MIDDLE = "\",\"entry\":";

  /** Number of the entry; 0 when its place is none of ours. */
  public long seq() {
    return place.endsWith("-0") ? Long.parseLong(place, 0, place.length() - 2, 10) : 0;
  }

  /** The entry and its hash, for a reader. */
  public JsonObject toJson() {
    return new JsonObject(text).put("hash", hash);
  }

  /**
   * {@code {"hash":"<64 hex digits>","entry":<text>}}, byte for byte: what is between {@code
   * "entry":} and the last brace is what was hashed.
   */
  public String toLine() {
    return OPEN + hash + MIDDLE + text + '}';
  }

  /** Whether {@code line} has the form of {@link #toLine}. */
  static boolean isLine(String line) {
    return line.startsWith(OPEN)
        && line.length() > OPEN.length() + Chain.HASH_CHARS + MIDDLE.length()
        && line.startsWith(MIDDLE, OPEN.length() + Chain.HASH_CHARS)
        && line.endsWith("}");
  }

  /** Reads {@link #toLine}; the place is what the entry itself says. */
  static AuditEntry ofLine(String line) {
    int hashAt = OPEN.length();
    String hash = line.substring(hashAt, hashAt + Chain.HASH_CHARS);
    String text = line.substring(hashAt + Chain.HASH_CHARS + MIDDLE.length(), line.length() - 1);
    return new AuditEntry(new JsonObject(text).getLong("seq") + "-0", text, hash);
  }
}
