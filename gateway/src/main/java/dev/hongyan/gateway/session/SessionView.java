package dev.hongyan.gateway.session;

import java.util.List;

/** A live session as an operator sees it. */
public record SessionView(
    String id, String client, String remote, long openedAtMillis, List<Sub> subscriptions) {

  public SessionView {
    subscriptions = List.copyOf(subscriptions);
  }

  /**
   * @param behind log entries it has not looked at yet
   * @param unacked messages sent and not acknowledged
   */
  public record Sub(String name, String mode, String cursor, long behind, int unacked) {}
}
