package dev.hongyan.tenant.quota;

/**
 * The budget that all nodes share, as arithmetic: what {@link BudgetStore}'s script does in the
 * store. Its level grows with time up to the capacity; it is below zero while more was used than
 * there was, and what is owed is paid before anybody is given something again. For one thread.
 */
final class Bucket {
  private final double ratePerSecond;
  private final double capacity;
  private double level;
  private long atMicros;

  /**
   * What a node asks.
   *
   * @param used since it last asked, beyond what it was given
   * @param back what it was given and will not use
   * @param want what it would like to have for later
   */
  record Ask(double used, double back, double want) {}

  /**
   * What it gets.
   *
   * @param granted whole tokens
   * @param level what is left then
   */
  record Grant(long granted, double level) {}

  Bucket(double ratePerSecond, double capacity, long nowMicros) {
    this.ratePerSecond = ratePerSecond;
    this.capacity = capacity;
    this.level = capacity;
    this.atMicros = nowMicros;
  }

  /**
   * Settles what was used and gives what it can: never more than half of what is there (rounded
   * up), so that a node that asks often leaves something to the others.
   */
  Grant ask(Ask ask, long nowMicros) {
    long passed = Math.max(0, nowMicros - atMicros);
    atMicros = Math.max(atMicros, nowMicros);
    level = Math.min(capacity, level + passed * ratePerSecond / 1e6);
    level = Math.min(capacity, level + ask.back()) - ask.used();
    long granted =
        (long) Math.max(0, Math.min(ask.want(), Math.min(Math.floor(level), Math.ceil(level / 2))));
    level -= granted;
    return new Grant(granted, level);
  }

  /** One after the other, without nodes: the exact count. */
  boolean take(double cost, long nowMicros) {
    Grant unused = ask(new Ask(0, 0, 0), nowMicros);
    if (level < cost) {
      return false;
    }
    level -= cost;
    return true;
  }
}
