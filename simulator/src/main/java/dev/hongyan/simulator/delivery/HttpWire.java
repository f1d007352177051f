package dev.hongyan.simulator.delivery;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** The wire over real HTTP, with the headers WeChat sends. */
final class HttpWire implements Wire {
  /** Far above any reply; more is cut off with the connection. */
  static final int ANSWER_BYTES_MAX = 256 * 1024;

  private final HttpClient client;

  HttpWire(Vertx vertx, DeliveryOptions options) {
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) Math.min(60_000, options.tryTimeout().toMillis()))
                .setMaxHeaderSize(16 * 1024)
                .setTcpNoDelay(true),
            new PoolOptions().setHttp1MaxSize(options.connections()).setMaxWaitQueueSize(100_000));
  }

  @Override
  public Exchange send(String method, URI url, String query, byte[] body, String contentType) {
    return new HttpExchange(options(method, url, query, contentType), Buffer.buffer(body));
  }

  Future<Void> close() {
    return client.close();
  }

  private static RequestOptions options(String method, URI url, String query, String contentType) {
    boolean tls = "https".equals(url.getScheme());
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.valueOf(method))
            .setHost(url.getHost())
            .setPort(url.getPort() >= 0 ? url.getPort() : tls ? 443 : 80)
            .setSsl(tls)
            .setURI(query.isEmpty() ? path : path + '?' + query)
            .putHeader("User-Agent", "Mozilla/4.0")
            .putHeader("Accept", "*/*")
            .putHeader("Pragma", "no-cache");
    return method.equals("POST") ? options.putHeader("Content-Type", contentType) : options;
  }

  private final class HttpExchange implements Exchange {
    private final Promise<Answer> answer = Promise.promise();
    private @Nullable HttpClientRequest request;
    private boolean abandoned;

    HttpExchange(RequestOptions options, Buffer body) {
      client
          .request(options)
          .compose(made -> sent(made, body))
          .onSuccess(this::read)
          .onFailure(answer::tryFail);
    }

    private Future<HttpClientResponse> sent(HttpClientRequest made, Buffer body) {
      request = made;
      if (abandoned) {
        abandon();
      }
      return body.length() == 0 ? made.send() : made.send(body);
    }

    private void read(HttpClientResponse response) {
      Buffer received = Buffer.buffer();
      response.handler(
          chunk -> {
            received.appendBuffer(chunk);
            if (received.length() > ANSWER_BYTES_MAX) {
              answer.tryFail(new IOException("an answer of more than 256 KiB"));
              abandon();
            }
          });
      response.exceptionHandler(answer::tryFail);
      response.endHandler(end -> answer.tryComplete(new Answer(response.statusCode(), received)));
    }

    @Override
    public Future<Answer> answer() {
      return answer.future();
    }

    @Override
    public void abandon() {
      abandoned = true;
      if (request != null) {
        boolean unused = request.reset().isComplete();
      }
    }
  }
}
