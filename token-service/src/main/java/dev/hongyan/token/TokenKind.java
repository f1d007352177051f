package dev.hongyan.token;

/** What WeChat hands out for an official account or mini program and expects to be kept. */
public enum TokenKind {
  /** The {@code access_token} that nearly every call needs. */
  ACCESS("access_token"),
  /** The ticket that signs pages for the JS-SDK ({@code getticket?type=jsapi}). */
  JSAPI("jsapi"),
  /** The ticket that signs card calls of the JS-SDK ({@code getticket?type=wx_card}). */
  WX_CARD("wx_card");

  private final String text;

  TokenKind(String text) {
    this.text = text;
  }

  /** WeChat's own word for it. */
  public String text() {
    return text;
  }

  /** Whether an access token is needed to get one. */
  public boolean isTicket() {
    return this != ACCESS;
  }
}
