package dev.hongyan.router.log;

/**
 * The two ends of a log.
 *
 * @param epoch the log's life; another one means the log was replaced and old cursors mean nothing
 * @param seq place of the newest message, 0 when there never was one
 * @param oldest place of the oldest message kept, {@code seq + 1} when none is
 */
public record LogHead(String epoch, long seq, long oldest) {}
