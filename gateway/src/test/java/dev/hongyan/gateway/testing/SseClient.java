package dev.hongyan.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A reader of Server-Sent Events for tests, over a bare socket: reads only when it is asked to, so
 * that it can be as slow as a test wants.
 */
public final class SseClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 15_000;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final int status;
  private final List<String> head = new ArrayList<>();
  private String lastId = "";
  private int chunkLeft;

  /** One event; a heartbeat has the name {@code ""} and no data. */
  public record Event(String id, String name, JsonObject data) {}

  private SseClient(int port, String request, int receiveBytes) {
    try {
      if (receiveBytes > 0) {
        socket.setReceiveBufferSize(receiveBytes);
      }
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress("127.0.0.1", port));
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      in = new BufferedInputStream(socket.getInputStream(), 4096);
      status = Integer.parseInt(rawLine().split(" ")[1]);
      for (String line = rawLine(); !line.isEmpty(); line = rawLine()) {
        head.add(line.toLowerCase());
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Opens {@code path} (with its query) and reads the head of the answer. */
  public static SseClient open(int port, String path, String token, String lastEventId) {
    return open(port, path, token, lastEventId, 0);
  }

  /** The same with a small receive buffer in the kernel. */
  public static SseClient open(
      int port, String path, String token, String lastEventId, int receiveBytes) {
    return new SseClient(
        port,
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + token
            + (lastEventId == null ? "" : "\r\nLast-Event-ID: " + lastEventId)
            + "\r\n\r\n",
        receiveBytes);
  }

  public int status() {
    return status;
  }

  public List<String> head() {
    return head;
  }

  /** The id of the last event that was read. */
  public String lastId() {
    return lastId;
  }

  /** The next event, which must have this name. */
  public JsonObject expect(String name) {
    Event event = next();
    assertThat(event.name()).as("%s", event).isEqualTo(name);
    return event.data();
  }

  /** The next {@code n} messages. */
  public List<JsonObject> messages(int n) {
    List<JsonObject> out = new ArrayList<>();
    while (out.size() < n) {
      JsonObject message = expect("msg");
      assertThat(message.getString("cursor")).isEqualTo(lastId);
      out.add(message);
    }
    return out;
  }

  /** The next event with a name. */
  public Event next() {
    Event event = block();
    while (event.name().isEmpty()) {
      event = block();
    }
    return event;
  }

  /** The next block, a heartbeat too. */
  public Event block() {
    String name = "";
    StringBuilder data = new StringBuilder();
    for (String line = line(); ; line = line()) {
      if (line.isEmpty()) {
        return new Event(lastId, name, data.isEmpty() ? null : new JsonObject(data.toString()));
      }
      if (line.startsWith("id: ")) {
        lastId = line.substring(4);
      } else if (line.startsWith("event: ")) {
        name = line.substring(7);
      } else if (line.startsWith("data: ")) {
        data.append(line.substring(6));
      }
    }
  }

  /** Whether the answer ends here. */
  public boolean isAtEnd() {
    return read() < 0;
  }

  private String line() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int b = read(); b != '\n'; b = read()) {
      assertThat(b).as("the stream goes on").isGreaterThanOrEqualTo(0);
      out.write(b);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** The next byte of the body, -1 at its end. */
  private int read() {
    try {
      if (chunkLeft == 0) {
        String size = rawLine();
        if (size.isEmpty()) {
          size = rawLine(); // the end of the chunk before
        }
        chunkLeft = Integer.parseInt(size, 16);
        if (chunkLeft == 0) {
          return -1;
        }
      }
      int b = in.read();
      if (--chunkLeft == 0) {
        rawLine();
      }
      return b;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String rawLine() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the connection has ended");
      }
      if (b != '\r') {
        out.write(b);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
