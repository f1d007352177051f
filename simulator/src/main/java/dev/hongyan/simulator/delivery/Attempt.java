package dev.hongyan.simulator.delivery;

/**
 * One try of a push.
 *
 * @param answered what came of it; never {@code DROPPED}
 * @param status the HTTP status, 0 if there was none
 * @param fault in words why it was not accepted; empty if it was
 * @param timestampSeconds the timestamp it was signed with
 * @param nonce the nonce it was signed with
 * @param millis how long it took
 */
public record Attempt(
    Answered answered,
    int status,
    String fault,
    long timestampSeconds,
    String nonce,
    long millis) {}
