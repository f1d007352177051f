package dev.hongyan.router.shared;

/**
 * One connection's part in a shared subscription.
 *
 * @param hub the hub that holds the connection; it listens at {@link ToHub#ADDRESS}
 * @param number that hub's number for it, never used twice
 */
public record MemberId(String hub, long number) {}
