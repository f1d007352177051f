package dev.hongyan.wechat;

/** A WeChat product line whose pushes differ in topic, modes and meaning of fields. */
public enum Product {
  /** Official account (subscription or service account). */
  MP("wx.mp"),
  /** Mini program and mini game. */
  MINI("wx.mini"),
  /** WeCom: apps, suites, customer contact, customer service, bots. */
  WECOM("wx.wecom"),
  /** Third-party platform of the Open Platform (component). */
  OPEN("wx.open"),
  /** WeChat Pay notifications. */
  PAY("wx.pay");

  private final String topicPrefix;

  Product(String topicPrefix) {
    this.topicPrefix = topicPrefix;
  }

  /** The first two words of every topic of this product, for example {@code wx.mp}. */
  public String topicPrefix() {
    return topicPrefix;
  }

  /** Whether pushes of this product are always encrypted, whatever the owner configured. */
  public boolean alwaysEncrypted() {
    return this == WECOM || this == OPEN;
  }
}
