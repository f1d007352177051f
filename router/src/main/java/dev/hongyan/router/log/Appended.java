package dev.hongyan.router.log;

/**
 * Where a message stands in the log, durably.
 *
 * @param epoch the log's life
 * @param seq its place; for a duplicate, the place of the first one
 * @param duplicate whether it was there already and nothing was added
 */
public record Appended(String epoch, long seq, boolean duplicate) {}
