package dev.hongyan.simulator.delivery;

/**
 * What came of a URL verification.
 *
 * @param confirmed whether the settings would be saved
 * @param status the HTTP status, 0 if there was none
 * @param fault in words why not; empty if confirmed
 * @param millis how long it took
 */
public record Verification(boolean confirmed, int status, String fault, long millis) {}
