package dev.hongyan.tenant.sealing;

import dev.hongyan.tenant.secret.SealContext;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Keys;
import org.jspecify.annotations.Nullable;

/**
 * A sealed text inside a value of the store.
 *
 * @param key of the store
 * @param field of a hash; null in a string
 * @param value the whole value
 * @param from where in it the sealed text begins
 * @param to and ends
 * @param masterKey id of the key it was sealed with
 */
record SealedText(
    String key, @Nullable String field, String value, int from, int to, String masterKey) {
  private static final String BEGIN = "v1:";
  private static final String ACCOUNT = "account:";
  private static final String SECTION = "section:";
  private static final String SEALED_FIELD = "\"sealed\":\"";

  /** What a tenant's key is called behind its tag. */
  static final String CONFIG = "config:tenant";

  static final String TOKEN = "token:v1:";
  static final String ANSWER = "answer:";

  /** What the head of an audit chain is called behind its tag, and its field that is sealed. */
  private static final String AUDIT_HEAD =
      Keys.AUDIT_HEAD.substring(Keys.AUDIT_HEAD.indexOf("}:") + 2);

  private static final String SEAL = "seal";

  /**
   * The sealed text in a value, or null; a value holds one at most. What tenants may write
   * themselves is not looked at: it could be made to look like one.
   */
  static @Nullable SealedText in(String key, @Nullable String field, String value) {
    int start = 0;
    if (field != null && rest(key).equals(CONFIG)) {
      if (field.startsWith(ACCOUNT)) {
        // In JSON a quote that somebody wrote has a backslash in front.
        start = value.indexOf(SEALED_FIELD);
      } else if (!field.startsWith(SECTION)) {
        return null;
      }
    }
    for (int at = start < 0 ? -1 : value.indexOf(BEGIN, start);
        at >= 0;
        at = value.indexOf(BEGIN, at + 1)) {
      int end = at + BEGIN.length();
      while (end < value.length() && isSealedChar(value.charAt(end))) {
        end++;
      }
      String masterKey = Sealer.keyOf(value.substring(at, end));
      if (masterKey != null) {
        return new SealedText(key, field, value, at, end, masterKey);
      }
    }
    return null;
  }

  String text() {
    return value.substring(from, to);
  }

  /** The value with another sealed text in the place of this one. */
  String with(String sealed) {
    return value.substring(0, from) + sealed + value.substring(to);
  }

  /**
   * What it was sealed for; null when that cannot be told.
   *
   * @param apps tenant and account to the account's appid
   */
  @Nullable String context(Apps apps) {
    if (key.equals(Keys.TOKEN_KEY)) {
      return SealContext.TOKEN_KEY;
    }
    String tenant = tenant(key);
    String rest = rest(key);
    if (rest.startsWith(ANSWER)) {
      return SealContext.answer(rest.substring(ANSWER.length()));
    }
    if (isAuditSeal()) {
      return tenant == null ? SealContext.PLATFORM_AUDIT : SealContext.audit(tenant);
    }
    if (tenant == null) {
      return null;
    }
    if (rest.equals(CONFIG) && field != null) {
      return field.startsWith(ACCOUNT)
          ? SealContext.account(tenant, field.substring(ACCOUNT.length()))
          : SealContext.section(tenant, field.substring(SECTION.length()));
    }
    if (rest.startsWith(TOKEN)) {
      String[] words = rest.substring(TOKEN.length()).split(":", 2);
      String appId = apps.appId(tenant, words[0]);
      return appId == null || words.length < 2
          ? null
          : SealContext.token(tenant, words[0], words[1], appId, value.substring(0, from).strip());
    }
    return null;
  }

  /** Whether we know of this place; elsewhere it may be anything that looks like one. */
  boolean isOurs() {
    String rest = rest(key);
    return key.equals(Keys.TOKEN_KEY)
        || rest.startsWith(ANSWER)
        || rest.startsWith(TOKEN)
        || rest.equals(CONFIG)
        || isAuditSeal();
  }

  /** The platform has a chain, too. */
  private boolean isAuditSeal() {
    return SEAL.equals(field)
        && (key.equals(Keys.AUDIT_HEAD) || tenant(key) != null && rest(key).equals(AUDIT_HEAD));
  }

  /** Whether it can be had again from WeChat, so that one that does not open is of no use. */
  boolean isReplaceable() {
    return rest(key).startsWith(TOKEN);
  }

  /** Which app an account is. */
  interface Apps {
    @Nullable String appId(String tenant, String account);
  }

  /** The tenant whose key that is; null when it is nobody's. */
  static @Nullable String tenant(String key) {
    int open = key.indexOf('{');
    int close = key.indexOf('}');
    String tag = open == "hy:".length() && close > open ? key.substring(open + 1, close) : "_";
    return tag.startsWith("_") ? null : tag;
  }

  /** The name of a key behind its tag. */
  static String rest(String key) {
    int close = key.indexOf("}:");
    return close < 0 ? key : key.substring(close + 2);
  }

  private static boolean isSealedChar(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '+'
        || c == '/'
        || c == '='
        || c == ':';
  }

  @Override
  public String toString() {
    return key + (field == null ? "" : " " + field) + " under " + masterKey;
  }
}
