package dev.hongyan.gateway.console;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.http.SecurityHeaders;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Serves the page, its script and its style from memory, at {@code /} and {@code /console/}. In the
 * demo also {@code /demo/session}, which names the sample tenants with a token for each, so that
 * the page can connect by itself. Thread-safe.
 */
public final class ConsolePage implements GatewayVerticle.Door {
  private static final String SESSION = "/demo/session";

  private final Map<String, Asset> assets =
      Map.of(
          "/", Asset.load("console.html", "text/html; charset=utf-8"),
          "/console/console.js", Asset.load("console.js", "text/javascript; charset=utf-8"),
          "/console/console.css", Asset.load("console.css", "text/css; charset=utf-8"),
          "/console/icon.svg", Asset.load("icon.svg", "image/svg+xml"));

  private final @Nullable Supplier<JsonObject> demoSession;

  private record Asset(Buffer bytes, String type, String tag) {
    static Asset load(String name, String type) {
      try (InputStream in = ConsolePage.class.getResourceAsStream(name)) {
        if (in == null) {
          throw new IllegalStateException(name + " is not in the program");
        }
        byte[] bytes = in.readAllBytes();
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return new Asset(Buffer.buffer(bytes), type, '"' + Long.toHexString(sum.getValue()) + '"');
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Makes the page.
   *
   * @param demoSession gives {@code {"tenants":[{"id","name","token"}]}}; null where this is no
   *     demo, and the page then asks for a token
   */
  public ConsolePage(@Nullable Supplier<JsonObject> demoSession) {
    this.demoSession = demoSession;
  }

  @Override
  public boolean takes(String path) {
    return path.equals("/")
        || path.equals("/console")
        || path.startsWith("/console/")
        || path.equals(SESSION);
  }

  @Override
  public void handle(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    String path = request.path() == null ? "/" : request.path();
    if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
      end(response.putHeader("allow", "GET, HEAD"), 405);
    } else if (path.equals("/console") || path.equals("/console/")) {
      end(response.putHeader("location", "/"), 302);
    } else if (path.equals(SESSION) && demoSession != null) {
      SecurityHeaders.ofData(response);
      var unused =
          response.putHeader("content-type", "application/json").end(demoSession.get().toBuffer());
    } else {
      serve(request, assets.get(path));
    }
  }

  private static void serve(HttpServerRequest request, @Nullable Asset asset) {
    HttpServerResponse response = request.response();
    if (asset == null) {
      end(response, 404);
      return;
    }
    SecurityHeaders.ofPage(response);
    response.putHeader("etag", asset.tag());
    if (asset.tag().equals(request.getHeader("if-none-match"))) {
      end(response, 304);
      return;
    }
    var unused = response.putHeader("content-type", asset.type()).end(asset.bytes());
  }

  private static void end(HttpServerResponse response, int status) {
    var unused = response.setStatusCode(status).end();
  }
}
