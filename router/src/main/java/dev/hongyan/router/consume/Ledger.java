package dev.hongyan.router.consume;

/**
 * What became of everything a consumer ever got. At any moment {@code received = delivered +
 * expired + dead + filtered + pending}.
 *
 * @param received places of the log since the consumer began, and messages that were put back
 * @param delivered taken by the receiver
 * @param expired useless by now, or gone from the log before it was read
 * @param dead given up
 * @param filtered not for this consumer
 * @param pending not read yet, waiting, under way, or waiting to be tried again
 */
public record Ledger(
    String consumer,
    long received,
    long delivered,
    long expired,
    long dead,
    long filtered,
    long pending) {

  /** Whether everything is accounted for. */
  public boolean isBalanced() {
    return received == delivered + expired + dead + filtered + pending;
  }
}
