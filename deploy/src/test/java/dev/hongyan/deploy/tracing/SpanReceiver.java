package dev.hongyan.deploy.tracing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Takes traces as a collector does, by OTLP over HTTP, and reads them by the protocol's own
 * definition (opentelemetry/proto/trace/v1/trace.proto), with no code of the sender.
 */
final class SpanReceiver implements AutoCloseable {
  private final HttpServer server;
  private final List<Received> spans = new ArrayList<>();
  private final Set<String> seen = new TreeSet<>();
  private final ByteArrayOutputStream everything = new ByteArrayOutputStream();

  /** A span as it arrived; {@code status} is 2 for an error. */
  record Received(
      String trace,
      String id,
      String parent,
      String name,
      long kind,
      long startNanos,
      long endNanos,
      long status,
      String statusMessage,
      Map<String, String> attributes,
      Map<String, String> resource) {

    String header() {
      return "00-" + trace + "-" + id + "-01";
    }
  }

  SpanReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::take);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      synchronized (this) {
        seen.add(
            exchange.getRequestMethod()
                + " "
                + exchange.getRequestURI()
                + " "
                + exchange.getRequestHeaders().getFirst("Content-Type"));
        everything.write(body);
        for (byte[] resourceSpans : Fields.of(body).bytes(1)) {
          Fields of = Fields.of(resourceSpans);
          Map<String, String> resource = attributes(Fields.of(of.bytes(1).get(0)).bytes(1));
          for (byte[] scope : of.bytes(2)) {
            for (byte[] span : Fields.of(scope).bytes(2)) {
              spans.add(span(Fields.of(span), resource));
            }
          }
        }
        notifyAll();
      }
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private static Received span(Fields f, Map<String, String> resource) {
    Fields status = Fields.of(f.bytes(15).isEmpty() ? new byte[0] : f.bytes(15).get(0));
    return new Received(
        HexFormat.of().formatHex(f.bytes(1).get(0)),
        HexFormat.of().formatHex(f.bytes(2).get(0)),
        f.bytes(4).isEmpty() ? "" : HexFormat.of().formatHex(f.bytes(4).get(0)),
        f.text(5),
        f.number(6),
        f.number(7),
        f.number(8),
        status.number(3),
        status.text(2),
        attributes(f.bytes(9)),
        resource);
  }

  private static Map<String, String> attributes(List<byte[]> pairs) {
    Map<String, String> out = new HashMap<>();
    for (byte[] pair : pairs) {
      Fields f = Fields.of(pair);
      Fields value = Fields.of(f.bytes(2).get(0));
      out.put(f.text(1), value.has(3) ? Long.toString(value.number(3)) : value.text(1));
    }
    return out;
  }

  /** The first span that is so, waited for. */
  synchronized Received await(Predicate<Received> so) throws InterruptedException {
    long end = System.nanoTime() + 60_000_000_000L;
    while (true) {
      for (Received span : spans) {
        if (so.test(span)) {
          return span;
        }
      }
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError("it did not come; there are " + spans);
      }
      wait(left);
    }
  }

  synchronized Set<String> names() {
    return spans.stream().map(Received::name).collect(Collectors.toSet());
  }

  /** Method, path and type of all requests. */
  synchronized Set<String> requests() {
    return new TreeSet<>(seen);
  }

  /** All that came, byte by byte. */
  synchronized String everything() {
    return everything.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /** The fields of one protobuf message. */
  private static final class Fields {
    private final Map<Integer, List<byte[]>> bytes = new HashMap<>();
    private final Map<Integer, Long> numbers = new HashMap<>();

    static Fields of(byte[] message) {
      Fields f = new Fields();
      ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
      while (in.hasRemaining()) {
        long key = varint(in);
        int field = (int) (key >>> 3);
        switch ((int) (key & 7)) {
          case 0 -> f.numbers.put(field, varint(in));
          case 1 -> f.numbers.put(field, in.getLong());
          case 2 -> {
            byte[] value = new byte[(int) varint(in)];
            in.get(value);
            f.bytes.computeIfAbsent(field, k -> new ArrayList<>()).add(value);
          }
          case 5 -> f.numbers.put(field, (long) in.getInt());
          default -> throw new IllegalStateException("wire type of " + field);
        }
      }
      return f;
    }

    private static long varint(ByteBuffer in) {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte b = in.get();
        value |= (long) (b & 127) << shift;
        if (b >= 0) {
          return value;
        }
      }
    }

    List<byte[]> bytes(int field) {
      return bytes.getOrDefault(field, List.of());
    }

    boolean has(int field) {
      return numbers.containsKey(field);
    }

    long number(int field) {
      return numbers.getOrDefault(field, 0L);
    }

    String text(int field) {
      return bytes(field).isEmpty() ? "" : new String(bytes(field).get(0), StandardCharsets.UTF_8);
    }
  }
}
