package dev.hongyan.simulator.api;

import dev.hongyan.simulator.push.Draft;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.wechat.Product;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What allows an account to write to a user, how often and for how long: the table of WeChat's page
 * on customer service messages in its current edition (before, a message allowed 20).
 */
enum Trigger {
  MESSAGE(5, Duration.ofHours(48)),
  MENU(3, Duration.ofMinutes(1)),
  FOLLOW(3, Duration.ofMinutes(1)),
  SCAN(3, Duration.ofMinutes(1)),
  ENTERED(2, Duration.ofMinutes(1));

  final int messages;
  final long millis;

  Trigger(int messages, Duration span) {
    this.messages = messages;
    this.millis = span.toMillis();
  }

  /** What this push allows; null for nothing. */
  static @Nullable Trigger of(Product product, SimulatedPush push) {
    if (push.kind() == Draft.Kind.MESSAGE) {
      return MESSAGE;
    }
    if (product == Product.MINI) {
      return push.type().equals("user_enter_tempsession") ? ENTERED : null;
    }
    return switch (push.type()) {
      case "CLICK", "scancode_push", "scancode_waitmsg" -> MENU;
      case "subscribe" -> FOLLOW;
      case "SCAN" -> SCAN;
      default -> null;
    };
  }
}
