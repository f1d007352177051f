package dev.hongyan.client;

import java.util.Map;

/** A {@code msg} line: its fields, and its event as it was sent. */
record WireMessage(String cursor, Map<String, Object> fields, String eventJson) {}
