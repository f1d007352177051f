package dev.hongyan.router.spool;

import java.util.List;

/**
 * Some messages in a row of one segment.
 *
 * @param end where in the segment they end
 */
record Chunk(Segment segment, List<Spooled> messages, int end) {}
