package dev.hongyan.tenant.store;

import org.jspecify.annotations.Nullable;

/**
 * The name of every key, in one place. A {@code Keys} is made for one tenant and names only its
 * keys, all with the hash tag {@code {tenant}}, so they live on one node of a cluster; there is no
 * way to name two tenants at once. Names that belong to no tenant are static.
 */
public final class Keys {
  /** Names of all tenants, for listing. {@code _} is in no tenant id, so this tag is nobody's. */
  public static final String TENANTS = "hy:{_tenants}:names";

  /** Tenant to the number of its last change, for other processes to follow. */
  public static final String TENANT_CHANGES = "hy:{_tenants}:changes";

  /** The counter behind {@link #TENANT_CHANGES}. */
  public static final String TENANT_VERSION = "hy:{_tenants}:version";

  /** The hash of the operator key that was made at first start. */
  public static final String OPERATOR = "hy:operator";

  /** The sealed key that signs client tokens. */
  public static final String TOKEN_KEY = "hy:token-key";

  /** Which master key seals, and which of them each node knows: a hash. */
  public static final String SEALING = "hy:sealing";

  /** Nodes by the time of their last sign of life. */
  public static final String NODES = "hy:nodes";

  /** What the channel of a tenant's hints begins with. */
  public static final String HINTS = "hy:hints:";

  /** The channel on which owners hear that a tenant has work that is not in its log. */
  public static final String WORK = HINTS + "work";

  /** The channel on which owners hear that a person of a tenant was erased. */
  public static final String ERASED = HINTS + "erased";

  /** The channel on which processes tell each other of answers to pushes that wait. */
  public static final String REPLIES = HINTS + "reply";

  /** Like {@link #answer}, for requests that belong to no tenant: this and a digest. */
  public static final String ANSWERS = "hy:{_tenants}:answer:";

  /** Tenants that were deleted a moment ago, by when they are looked for again. */
  public static final String TENANTS_GONE = "hy:{_tenants}:gone";

  /** The audit chain of what concerns no tenant. */
  public static final String AUDIT = "hy:{_audit}:audit";

  /** As {@link #auditHead}, of the platform. */
  public static final String AUDIT_HEAD = "hy:{_audit}:audit-head";

  /** As {@link #auditOpen}, of the platform. */
  public static final String AUDIT_OPEN = "hy:{_audit}:audit-open";

  private static final int ID_MAX = 63;

  private final String tenant;
  private final String prefix;

  private Keys(String tenant) {
    this.tenant = tenant;
    this.prefix = "hy:{" + tenant + "}:";
  }

  /**
   * The keys of one tenant.
   *
   * @throws IllegalArgumentException when that is no tenant id
   */
  public static Keys of(String tenant) {
    if (!isId(tenant)) {
      throw new IllegalArgumentException("not a tenant id");
    }
    return new Keys(tenant);
  }

  /**
   * Whether this may name a tenant or an account: lower-case letters, digits and {@code -}, not
   * first; at most 63.
   */
  public static boolean isId(String text) {
    int length = text.length();
    if (length == 0 || length > ID_MAX || text.charAt(0) == '-') {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')) {
        return false;
      }
    }
    return true;
  }

  /** The lease of a slot, with its fencing number. */
  public static String slot(int slot) {
    return "hy:slot:" + slot;
  }

  public String tenant() {
    return tenant;
  }

  /** The tenant's stream of messages. */
  public String log() {
    return prefix + "log";
  }

  /** Hash with {@code epoch}, {@code seq}, {@code fence} of the log. */
  public String head() {
    return prefix + "head";
  }

  /**
   * Times at which places of the log were reached, 10 s apart at least: place by epoch
   * milliseconds.
   */
  public String marks() {
    return prefix + "marks";
  }

  /** The channel on which other processes hear that the log has grown. */
  public String hints() {
    return HINTS + "{" + tenant + "}";
  }

  /** The tenant whose channel of hints this is, or null when it is no such channel. */
  public static @Nullable String tenantOfHints(String channel) {
    boolean ours = channel.startsWith(HINTS + "{") && channel.endsWith("}");
    return ours ? channel.substring(HINTS.length() + 1, channel.length() - 1) : null;
  }

  /** De-duplication: holds the sequence number that was given to this key. */
  public String seen(String account, String key) {
    return prefix + "seen:" + account + ":" + key;
  }

  /** Hash from consumer to its floor and acked ranges. */
  public String cursor() {
    return prefix + "cursor";
  }

  /** How often a WebSocket client connected. */
  public String client(String client) {
    return prefix + "client:" + client;
  }

  /** Delayed work by due time in epoch milliseconds. */
  public String due() {
    return prefix + "due";
  }

  /** Hash with the delayed work itself. */
  public String task() {
    return prefix + "task";
  }

  /** Stream of dead letters. */
  public String dead() {
    return prefix + "dead";
  }

  /** Hash of what a consumer's parked messages are, by the name of each. */
  public String parked(String consumer) {
    return prefix + "parked:" + consumer;
  }

  /** Hash of the events of {@link #parked}. */
  public String parkedEvents(String consumer) {
    return prefix + "parked-events:" + consumer;
  }

  /** Hash of messages that wait to be given to a consumer again. */
  public String putBack() {
    return prefix + "put-back";
  }

  /** Hash from destination to what is kept of its health. */
  public String health() {
    return prefix + "health";
  }

  /** Hash of replays, by their id. */
  public String replays() {
    return prefix + "replays";
  }

  /** Hash from message id to what happened to it, for messages of one stretch of time. */
  public String trail(long stretch) {
    return prefix + "trail:" + stretch;
  }

  /** Hash of what is kept of a send. */
  public String send(long id) {
    return prefix + "send:" + id;
  }

  /** The id of the send that WeChat knows by a {@code msgid}. */
  public String sendBehind(String account, String msgid) {
    return prefix + "send-msgid:" + account + ":" + msgid;
  }

  /** A sealed WeChat credential. */
  public String token(String account, String kind) {
    return prefix + "token:v1:" + account + ":" + kind;
  }

  /** Hash from an API of WeChat to the calls of an account on one of WeChat's days. */
  public String quota(String account, long day) {
    return prefix + "quota:" + account + ":" + day;
  }

  /** Hash from an API of WeChat to when it opens again for an account. */
  public String quotaHolds(String account) {
    return prefix + "quota:" + account + ":held";
  }

  /** Hash of what is left of a budget that all nodes share; by the name of its limit. */
  public String budget(String limit) {
    return prefix + "budget:" + limit;
  }

  /** Hash from a node to how many sessions it has, and when it said so. */
  public String sessionCounts() {
    return prefix + "sessions";
  }

  /**
   * Hash of what the tenant used on a day.
   *
   * @param day in UTC, like {@code 2026-11-21}
   */
  public String usage(String day) {
    return prefix + "usage:" + day;
  }

  /** A hash of configuration, e.g. {@code tenant} or {@code keys}. */
  public String config(String section) {
    return prefix + "config:" + section;
  }

  /** What was answered to a request with an {@code Idempotency-Key}, sealed; by a digest. */
  public String answer(String digest) {
    return prefix + "answer:" + digest;
  }

  /** Hash of what is known about the passive reply to an event. */
  public String reply(long event) {
    return prefix + "reply:" + event;
  }

  /** Stream of audit entries, each with the hash of the one before. */
  public String audit() {
    return prefix + "audit";
  }

  /** Hash with the newest audit entry and the one that was cut off last. */
  public String auditHead() {
    return prefix + "audit-head";
  }

  /** Hash of what is being done and has no audit entry yet. */
  public String auditOpen() {
    return prefix + "audit-open";
  }

  /** Held while a person of this tenant is erased. */
  public String erasing() {
    return prefix + "erasing";
  }

  /** A stream that is being written anew by the holder of {@link #erasing}. */
  public String erasingCopy(String token) {
    return prefix + "erasing:" + token;
  }

  /** Matches every key of this tenant and no other's, for {@code SCAN}. */
  public String pattern() {
    return prefix + "*";
  }

  @Override
  public String toString() {
    return prefix;
  }
}
