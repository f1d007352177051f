package dev.hongyan.gateway.docs;

import dev.hongyan.gateway.GatewayVerticle;
import dev.hongyan.gateway.http.SecurityHeaders;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Serves Swagger UI for {@code /api/v1/openapi.json} at {@code /api/docs/}. A file is read from the
 * program when it is first asked for, so that a node that nobody looks at does not carry it.
 * Thread-safe.
 */
public final class DocsPage implements GatewayVerticle.Door {
  private static final String PATH = "/api/docs";
  private static final String VERSION = "5.30.2";
  private static final String JAR = "/META-INF/resources/webjars/swagger-ui/" + VERSION + "/";
  private static final String OURS = "/dev/hongyan/gateway/docs/";

  /** Swagger UI sets styles on its elements; scripts are files of ours only, here as everywhere. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
          + " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private static final Map<String, File> FILES =
      Map.of(
          "/", new File(OURS + "docs.html", "text/html; charset=utf-8"),
          "/docs.js", new File(OURS + "docs.js", "text/javascript; charset=utf-8"),
          "/docs.css", new File(OURS + "docs.css", "text/css; charset=utf-8"),
          "/swagger-ui.css", new File(JAR + "swagger-ui.css", "text/css; charset=utf-8"),
          "/swagger-ui-bundle.js",
              new File(JAR + "swagger-ui-bundle.js", "text/javascript; charset=utf-8"));

  private record File(String resource, String type) {}

  private record Content(Buffer bytes, String tag) {}

  private final Map<String, Content> read = new ConcurrentHashMap<>();

  @Override
  public boolean takes(String path) {
    return path.startsWith(PATH)
        && (path.length() == PATH.length() || path.charAt(PATH.length()) == '/');
  }

  @Override
  public void handle(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    String path = request.path() == null ? PATH : request.path();
    SecurityHeaders.ofPage(response);
    response.putHeader("content-security-policy", POLICY);
    if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
      end(response.putHeader("allow", "GET, HEAD"), 405);
    } else if (path.equals(PATH)) {
      end(response.putHeader("location", PATH + "/"), 302);
    } else {
      serve(request, FILES.get(path.substring(PATH.length())));
    }
  }

  private void serve(HttpServerRequest request, @Nullable File file) {
    HttpServerResponse response = request.response();
    if (file == null) {
      end(response, 404);
      return;
    }
    Content content = read.computeIfAbsent(file.resource(), DocsPage::read);
    Buffer bytes = content.bytes();
    response.putHeader("etag", content.tag());
    if (content.tag().equals(request.getHeader("if-none-match"))) {
      end(response, 304);
      return;
    }
    response.putHeader("content-type", file.type());
    if (request.method() == HttpMethod.HEAD) {
      end(response.putHeader("content-length", Integer.toString(bytes.length())), 200);
    } else {
      var unused = response.end(bytes);
    }
  }

  private static Content read(String resource) {
    try (InputStream in = DocsPage.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the program");
      }
      byte[] bytes = in.readAllBytes();
      CRC32 sum = new CRC32();
      sum.update(bytes);
      return new Content(Buffer.buffer(bytes), '"' + Long.toHexString(sum.getValue()) + '"');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(HttpServerResponse response, int status) {
    var unused = response.setStatusCode(status).end();
  }
}
