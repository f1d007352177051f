package dev.hongyan.router.send;

import dev.hongyan.tenant.Account;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The kinds of sends, each an API of WeChat (developers.weixin.qq.com). */
public enum SendKind {
  /** Template message of an official account. */
  TEMPLATE("/cgi-bin/message/template/send", "template_id", Set.of(Account.Kind.MP)),
  /** Subscription message of a mini program. */
  SUBSCRIBE("/cgi-bin/message/subscribe/send", "template_id", Set.of(Account.Kind.MINI)),
  /** Subscription notice of a service account. */
  BIZSEND("/cgi-bin/message/subscribe/bizsend", "template_id", Set.of(Account.Kind.MP)),
  /** Customer service message. */
  CUSTOM("/cgi-bin/message/custom/send", "msgtype", Set.of(Account.Kind.MP, Account.Kind.MINI));

  /** What the topics of sends begin with; the kind follows. */
  public static final String TOPICS = "sys.send.";

  private final String path;
  private final String needed;
  private final Set<Account.Kind> accounts;

  SendKind(String path, String needed, Set<Account.Kind> accounts) {
    this.path = path;
    this.needed = needed;
    this.accounts = accounts;
  }

  /** The kind of that name, or null. */
  public static @Nullable SendKind of(String text) {
    for (SendKind kind : values()) {
      if (kind.text().equals(text)) {
        return kind;
      }
    }
    return null;
  }

  /** All names, for people. */
  public static String names() {
    return Arrays.stream(values()).map(SendKind::text).collect(Collectors.joining(", "));
  }

  /** As written in JSON and topics. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  String topic() {
    return TOPICS + text();
  }

  String path() {
    return path;
  }

  /** The field without which WeChat refuses it. */
  String needed() {
    return needed;
  }

  boolean isFor(Account.Kind account) {
    return accounts.contains(account);
  }

  /**
   * Whether WeChat takes a message twice only once: template messages by {@code client_msg_id}, for
   * 10 minutes.
   */
  boolean isSafeToRepeat() {
    return this == TEMPLATE;
  }
}
