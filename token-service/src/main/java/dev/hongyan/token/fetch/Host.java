package dev.hongyan.token.fetch;

import java.net.URI;

/**
 * Where WeChat's API is spoken.
 *
 * @param name host name, never an address in production: WeChat's addresses change
 */
public record Host(String name, int port, boolean tls) {

  /**
   * From {@code https://api.weixin.qq.com}; also http, and a port, for tests and simulators.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static Host parse(String address) {
    URI uri = URI.create(address);
    boolean tls = "https".equals(uri.getScheme());
    String path = uri.getPath();
    if (!(tls || "http".equals(uri.getScheme()))
        || uri.getHost() == null
        || uri.getUserInfo() != null
        || !(path == null || path.isEmpty() || path.equals("/"))) {
      throw new IllegalArgumentException(
          "a host of WeChat is given as https://name, without a path");
    }
    int port = uri.getPort() < 0 ? (tls ? 443 : 80) : uri.getPort();
    return new Host(uri.getHost(), port, tls);
  }

  @Override
  public String toString() {
    return name + ":" + port;
  }
}
