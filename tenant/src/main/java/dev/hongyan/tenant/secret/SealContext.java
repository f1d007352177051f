package dev.hongyan.tenant.secret;

/**
 * What each kind of sealed text is sealed for. In one place, so that whoever seals, opens and seals
 * anew agree.
 */
public final class SealContext {
  /** The key that signs client tokens. */
  public static final String TOKEN_KEY = "platform/token-key";

  /** The head of the audit chain of what concerns no tenant. */
  public static final String PLATFORM_AUDIT = "audit/";

  private SealContext() {}

  /** The secrets of an account. */
  public static String account(String tenant, String account) {
    return tenant + "/account/" + account;
  }

  /** A section of a tenant's configuration. */
  public static String section(String tenant, String name) {
    return tenant + "/section/" + name;
  }

  /**
   * A WeChat credential.
   *
   * @param kind as in the name of its key
   * @param head the numbers in front of it
   */
  public static String token(
      String tenant, String account, String kind, String appId, String head) {
    return tenant + "/token/" + account + "/" + kind + "/" + appId + "/" + head;
  }

  /** The head of a tenant's audit chain. */
  public static String audit(String tenant) {
    return PLATFORM_AUDIT + tenant;
  }

  /** What was answered to a request, by its digest. */
  public static String answer(String digest) {
    return "answer/" + digest;
  }
}
