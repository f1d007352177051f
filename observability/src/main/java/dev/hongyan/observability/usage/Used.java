package dev.hongyan.observability.usage;

/** What is counted of a tenant. The names are those of the store and of the API: never changed. */
public enum Used {
  /** Pushes of WeChat that were taken; one that came again counts once. */
  PUSHES("pushes"),
  PUSH_BYTES("pushBytes"),
  /** Messages that the tenant published, now or for later. */
  PUBLISHES("publishes"),
  PUBLISH_BYTES("publishBytes"),
  /** Messages that went to WebSocket clients and HTTP streams. */
  WEBSOCKET_DELIVERIES("websocketDeliveries"),
  /** Messages that an HTTP destination or a handler took. */
  HTTP_DELIVERIES("httpDeliveries"),
  /** Calls that went to WeChat: through the proxy, and for sends. */
  WECHAT_CALLS("wechatCalls"),
  /** Calls that were refused for a quota of ours. */
  REFUSED("refused");

  private final String field;

  Used(String field) {
    this.field = field;
  }

  public String field() {
    return field;
  }
}
