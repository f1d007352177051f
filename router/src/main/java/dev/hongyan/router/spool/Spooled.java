package dev.hongyan.router.spool;

import dev.hongyan.router.log.NewMessage;

/**
 * A message as it was read back.
 *
 * @param spooledAtMillis when it was put there, milliseconds since 1970
 * @param bytes what its record takes on the disk
 */
record Spooled(NewMessage message, long spooledAtMillis, int bytes) {}
