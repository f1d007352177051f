package dev.hongyan.wechat.push;

/** How a body is written. */
public enum BodyFormat {
  /** {@code <xml>…</xml>}. */
  XML("text/xml; charset=utf-8"),
  /** A JSON object. */
  JSON("application/json; charset=utf-8");

  private final String contentType;

  BodyFormat(String contentType) {
    this.contentType = contentType;
  }

  /** The content type to send such a body with. */
  public String contentType() {
    return contentType;
  }
}
