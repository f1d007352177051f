package dev.hongyan.simulator.delivery;

import io.vertx.core.buffer.Buffer;

/**
 * What a raw request was answered.
 *
 * @param status the HTTP status
 * @param body the body; not to be changed
 * @param millis how long it took
 */
public record RawAnswer(int status, Buffer body, long millis) {}
