package dev.hongyan.simulator.api;

import dev.hongyan.wechat.Product;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One path of the API.
 *
 * @param method the only right one
 * @param products whose accounts may call it
 * @param token whether an access_token is asked for
 * @param upload whether the body is a multipart form
 */
record Endpoint(
    String method, Set<Product> products, boolean token, boolean upload, Handler handler) {

  /** Answers a call that has passed all checks that every path has. */
  interface Handler {
    Outcome handle(ApiAccount account, ApiRequest request);
  }

  /** An answer, or an error. */
  record Outcome(@Nullable ApiAnswer answer, Errcode errcode) {
    static Outcome of(ApiAnswer answer) {
      return new Outcome(answer, Errcode.OK);
    }

    static Outcome error(Errcode errcode) {
      return errcode == Errcode.OK ? of(ApiAnswer.ok()) : new Outcome(null, errcode);
    }
  }

  static Endpoint get(Set<Product> products, Handler handler) {
    return new Endpoint("GET", products, true, false, handler);
  }

  static Endpoint post(Set<Product> products, Handler handler) {
    return new Endpoint("POST", products, true, false, handler);
  }

  static Endpoint upload(Set<Product> products, Handler handler) {
    return new Endpoint("POST", products, true, true, handler);
  }

  /** A path that is asked with a secret. */
  static Endpoint open(String method, Set<Product> products, Handler handler) {
    return new Endpoint(method, products, false, false, handler);
  }
}
