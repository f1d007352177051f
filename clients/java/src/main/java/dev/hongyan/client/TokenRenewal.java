package dev.hongyan.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Gets a new token for a connection whose own expires, trying again until that has happened. Lives
 * on the loop.
 */
final class TokenRenewal {
  private final Loop loop;
  private final Supplier<CompletionStage<String>> token;
  private final Connection connection;
  private final long until;
  private final Backoff backoff;
  private final Consumer<ClientException> failed;

  TokenRenewal(
      Loop loop,
      Supplier<CompletionStage<String>> token,
      Connection connection,
      long withinMillis,
      DoubleSupplier random,
      Consumer<ClientException> failed) {
    this.loop = loop;
    this.token = token;
    this.connection = connection;
    this.until = loop.elapsedMillis() + withinMillis;
    this.backoff = new Backoff(random);
    this.failed = failed;
  }

  void start() {
    if (connection.over() || loop.elapsedMillis() >= until) {
      return;
    }
    CompletionStage<String> fresh;
    try {
      fresh = token.get();
    } catch (RuntimeException e) {
      fresh = CompletableFuture.failedFuture(e);
    }
    fresh.whenCompleteAsync(
        (jwt, failure) -> {
          if (failure == null) {
            Map<String, Object> op = new LinkedHashMap<>();
            op.put("op", "auth");
            op.put("token", jwt);
            connection.send(op);
          } else {
            String what = "no new token: " + failure.getMessage();
            failed.accept(
                new ClientException("token-failed", what, ClientException.Retry.LATER, failure));
            var unused = loop.after(backoff.nextMillis(), this::start);
          }
        },
        loop);
  }
}
