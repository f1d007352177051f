package dev.hongyan.simulator.api;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.PushLine;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One account as the API side knows it, and what a test may do to it. Users become known when they
 * are pushed about or named here; every other openid is errcode 40003. Thread-safe.
 */
public final class ApiAccount {
  /** How many sent messages are remembered. */
  public static final int SENT_MAX = 10_000;

  private final PushLine line;
  private final Tokens tokens;
  private final Deque<SentMessage> sent = new ArrayDeque<>();
  final Audience audience;
  final Quotas quotas;
  private volatile Set<String> allowedIps = Set.of();
  private volatile @Nullable JsonObject menu;

  ApiAccount(PushLine line, Tokens tokens, ApiTime time, ConcurrentHashMap<String, Limit> limits) {
    this.line = line;
    this.tokens = tokens;
    this.audience = new Audience(line.account().product(), time);
    this.quotas = new Quotas(time, limits);
  }

  /** The account's settings. */
  public SimulatedAccount settings() {
    return line.account();
  }

  PushLine line() {
    return line;
  }

  String appId() {
    return line.account().appId();
  }

  /** A user follows (or, in a mini program, is known); allows no customer service message. */
  public void follows(String openid) {
    audience.open(openid, null);
  }

  /** A user wrote, which nobody was told: allows 5 customer service messages within 48 hours. */
  public void wrote(String openid) {
    audience.open(openid, Trigger.MESSAGE);
  }

  /** A user follows no more. */
  public void left(String openid) {
    audience.leave(openid);
  }

  /** A user blocks template messages: they are taken, and their result is a failure. */
  public void blocks(String openid, boolean blocks) {
    audience.block(openid, blocks);
  }

  /** A user refuses a subscription template: errcode 43101. */
  public void refuses(String openid, String templateId) {
    audience.refuse(openid, templateId);
  }

  /** A user accepts a subscription template again. */
  public void accepts(String openid, String templateId) {
    audience.accept(openid, templateId);
  }

  /** Addresses that may ask for tokens; others get errcode 40164. Empty, as at first, for all. */
  public void allowIps(Set<String> ips) {
    allowedIps = Set.copyOf(ips);
  }

  boolean mayAskFrom(String ip) {
    Set<String> allowed = allowedIps;
    return allowed.isEmpty() || allowed.contains(ip);
  }

  /** Every token so far is void, as if somebody else had asked for new ones: errcode 40001. */
  public void voidTokens() {
    tokens.end(appId(), Errcode.INVALID_CREDENTIAL);
  }

  /** Every token so far is at its end: errcode 42001. */
  public void expireTokens() {
    tokens.end(appId(), Errcode.TOKEN_EXPIRED);
  }

  /** The next calls for tickets get new ones. */
  public void voidTickets() {
    tokens.endTickets(appId());
  }

  /** Whether a token would be accepted for this account now. */
  public boolean takesToken(String token) {
    return appId().equals(tokens.holder(token).appId());
  }

  /** The menu as it was created; null if there is none. Not to be changed. */
  public @Nullable JsonObject menu() {
    return menu;
  }

  void menu(@Nullable JsonObject created) {
    menu = created;
  }

  /** The last messages that were taken, the oldest first. */
  public List<SentMessage> sent() {
    synchronized (sent) {
      return List.copyOf(sent);
    }
  }

  void sent(SentMessage message) {
    synchronized (sent) {
      if (sent.size() == SENT_MAX) {
        sent.remove();
      }
      sent.add(message);
    }
  }

  @Override
  public String toString() {
    return "ApiAccount[" + appId() + ']';
  }
}
