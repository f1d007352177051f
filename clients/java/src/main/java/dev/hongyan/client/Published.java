package dev.hongyan.client;

/**
 * The server's word that a message is in its log.
 *
 * @param duplicate it had come before, under the same serial
 */
public record Published(String id, String cursor, boolean duplicate) {}
