package dev.hongyan.gateway.webhook;

import dev.hongyan.gateway.reply.ReplyRoutes;
import dev.hongyan.observability.metrics.Tally;
import dev.hongyan.router.envelope.UsefulLife;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.wechat.push.PushAccount;
import org.jspecify.annotations.Nullable;

/** Whom a path means, with everything needed to judge a push to it. One event loop's. */
final class PushTarget {
  private final Tenant tenant;
  private final Account account;
  private final PushAccount own;
  private final @Nullable PushAccount ofAuthorizers;
  private final Tally accepted;
  private final UsefulLife life;
  private final ReplyRoutes replies;
  private @Nullable String receiver;

  PushTarget(
      Tenant tenant,
      Account account,
      PushAccount own,
      @Nullable PushAccount ofAuthorizers,
      Tally accepted,
      @Nullable String receiver) {
    this.tenant = tenant;
    this.account = account;
    this.own = own;
    this.ofAuthorizers = ofAuthorizers;
    this.accepted = accepted;
    this.receiver = receiver;
    this.life = new UsefulLife(tenant);
    this.replies = new ReplyRoutes(tenant);
  }

  /** Which pushes wait for an answer. */
  ReplyRoutes replies() {
    return replies;
  }

  /** When a push of this topic becomes useless, ms since 1970; 0 for never. */
  long deadlineMillis(String topic, byte[] data, long nowMillis) {
    return life.deadlineMillis(topic, data, nowMillis);
  }

  /** The snapshot this was made from. */
  Tenant tenant() {
    return tenant;
  }

  Account account() {
    return account;
  }

  /** How the account's own pushes are judged. */
  PushAccount own() {
    return own;
  }

  /** How pushes for accounts that authorized this component are judged; null if it is none. */
  @Nullable PushAccount ofAuthorizers() {
    return ofAuthorizers;
  }

  Tally accepted() {
    return accepted;
  }

  /** The {@code ToUserName} that was configured, or else seen first; null before. */
  @Nullable String receiver() {
    return receiver;
  }

  /**
   * Whether {@code toUserName} is the one this account always had; the first one is taken as right.
   */
  boolean isReceiver(String toUserName) {
    String known = receiver;
    if (known == null) {
      receiver = toUserName;
      return true;
    }
    return known.equals(toUserName);
  }
}
