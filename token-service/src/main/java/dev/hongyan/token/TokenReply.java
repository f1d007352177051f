package dev.hongyan.token;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import io.vertx.core.Future;
import java.util.function.Function;

/** What comes back when a token is asked for. */
public sealed interface TokenReply {

  /** One function per case. */
  <R> R fold(Function<Granted, R> granted, Function<Refused, R> refused);

  /** The token, or a failure with the problem of the refusal. */
  default Future<Token> token() {
    return fold(
        g -> Future.succeededFuture(g.value()),
        r -> Future.failedFuture(new ProblemException(r.problem(), r.detail())));
  }

  /**
   * Here it is.
   *
   * @param value the token
   */
  record Granted(Token value) implements TokenReply {
    @Override
    public <R> R fold(Function<Granted, R> granted, Function<Refused, R> refused) {
      return granted.apply(this);
    }
  }

  /**
   * There is none.
   *
   * @param errcode WeChat's own, 0 when WeChat said nothing
   * @param detail for people; holds no secret
   * @param retryAfterMillis when to ask again at the earliest; 0 when nobody knows
   */
  record Refused(Problem problem, int errcode, String detail, long retryAfterMillis)
      implements TokenReply {
    @Override
    public <R> R fold(Function<Granted, R> granted, Function<Refused, R> refused) {
      return refused.apply(this);
    }
  }
}
