package dev.hongyan.client;

import java.util.LinkedHashMap;
import java.util.Map;

/** The operations that more than one class says. */
final class Ops {
  private Ops() {}

  static Map<String, Object> subscribe(Map<String, Object> request) {
    Map<String, Object> op = new LinkedHashMap<>();
    op.put("op", "subscribe");
    op.putAll(request);
    return op;
  }

  static Map<String, Object> unsubscribe(String name, boolean forget) {
    Map<String, Object> op = new LinkedHashMap<>();
    op.put("op", "unsubscribe");
    op.put("sub", name);
    if (forget) {
      op.put("forget", true);
    }
    return op;
  }
}
