package dev.hongyan.simulator.delivery;

/**
 * A request sent as it is, once, whatever WeChat would do.
 *
 * @param method GET or POST
 * @param query the raw query; empty for none
 * @param body the body; not to be changed
 * @param contentType the content type
 */
@SuppressWarnings("ArrayRecordComponent") // Goes to a socket as it is.
public record RawRequest(String method, String query, byte[] body, String contentType) {

  @Override
  public String toString() {
    return "RawRequest[" + method + ", " + body.length + " bytes]";
  }
}
