package dev.hongyan.token.fetch;

import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.lease.FetchFailure;
import java.util.function.Function;

/** What a call for a token or ticket came to. */
public sealed interface FetchResult {

  /** One function per case. */
  <R> R fold(Function<Handed, R> handed, Function<Denied, R> denied);

  /**
   * WeChat handed it out.
   *
   * @param lifeMillis from now; 1 s to 24 h
   */
  record Handed(Secret value, long lifeMillis) implements FetchResult {
    @Override
    public <R> R fold(Function<Handed, R> handed, Function<Denied, R> denied) {
      return handed.apply(this);
    }
  }

  /** It did not. */
  record Denied(FetchFailure failure) implements FetchResult {
    @Override
    public <R> R fold(Function<Handed, R> handed, Function<Denied, R> denied) {
      return denied.apply(this);
    }
  }
}
