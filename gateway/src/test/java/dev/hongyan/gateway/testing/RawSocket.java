package dev.hongyan.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket client made of a plain socket, for what a well-behaved library cannot do: any
 * handshake, any frame, no reading, no pongs, no goodbye. Blocks; for the thread of a test.
 */
public final class RawSocket implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;
  public static final int CONTINUATION = 0;
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final ArrayDeque<JsonObject> lines = new ArrayDeque<>();
  private final Map<String, String> answered = new LinkedHashMap<>();
  private int status;
  private boolean answersPings = true;
  private int pings;
  private int textFrames;
  private @Nullable Integer closeCode;
  private String closeReason = "";

  /** One frame of the server. */
  public record Frame(int opcode, byte[] payload) {}

  private RawSocket(int port, int receiveBuffer) throws IOException {
    socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    out = socket.getOutputStream();
  }

  /** A handshake with these further header lines ({@code Name: value}). */
  public static RawSocket open(int port, String... headers) {
    return open(port, 0, headers);
  }

  /** The same with a small receive buffer, so that the server feels soon that nobody reads. */
  public static RawSocket open(int port, int receiveBuffer, String... headers) {
    try {
      RawSocket made = new RawSocket(port, receiveBuffer);
      StringBuilder request = new StringBuilder("GET /ws/v1 HTTP/1.1\r\nHost: localhost\r\n");
      request.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
      request.append("Sec-WebSocket-Version: 13\r\n");
      request.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      made.bytes(request.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
      made.readAnswer();
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A handshake as clients make it. */
  public static RawSocket withToken(int port, String token) {
    return open(port, "Sec-WebSocket-Protocol: hongyan.v1", "Authorization: Bearer " + token);
  }

  private void readAnswer() throws IOException {
    String first = headerLine();
    status = Integer.parseInt(first, 9, 12, 10);
    for (String line = headerLine(); !line.isEmpty(); line = headerLine()) {
      int colon = line.indexOf(':');
      answered.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
  }

  private String headerLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  /** The HTTP status of the handshake; 101 when there is a WebSocket. */
  public int status() {
    return status;
  }

  /** A header of the handshake's answer. */
  public @Nullable String header(String name) {
    return answered.get(name.toLowerCase(Locale.ROOT));
  }

  public RawSocket answersPings(boolean yes) {
    answersPings = yes;
    return this;
  }

  // ---- out ----

  public void bytes(byte[] raw) {
    try {
      out.write(raw);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One masked frame. */
  public RawSocket frame(int opcode, boolean last, byte[] payload) {
    int n = payload.length;
    int header = n < 126 ? 2 : n < 65_536 ? 4 : 10;
    byte[] frame = new byte[header + 4 + n];
    frame[0] = (byte) ((last ? 0x80 : 0) | opcode);
    if (n < 126) {
      frame[1] = (byte) (0x80 | n);
    } else if (n < 65_536) {
      frame[1] = (byte) (0x80 | 126);
      frame[2] = (byte) (n >> 8);
      frame[3] = (byte) n;
    } else {
      frame[1] = (byte) (0x80 | 127);
      for (int i = 0; i < 8; i++) {
        frame[2 + i] = (byte) ((long) n >> (56 - 8 * i));
      }
    }
    // A mask of zeros is a mask: the payload stays as it is.
    System.arraycopy(payload, 0, frame, header + 4, n);
    bytes(frame);
    return this;
  }

  public RawSocket text(String text) {
    return frame(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
  }

  public RawSocket hello(String client) {
    text("{\"op\":\"hello\",\"client\":\"" + client + "\"}");
    expect("welcome");
    return this;
  }

  // ---- in ----

  /** The next frame that is no ping; answers those. Null at the end of the stream. */
  public @Nullable Frame read() {
    long patience = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    try {
      while (true) {
        assertThat(System.nanoTime() - patience).as("only pings came").isNegative();
        int first = in.readUnsignedByte();
        int opcode = first & 15;
        assertThat(first & 0x80).as("the server does not fragment").isEqualTo(0x80);
        int second = in.readUnsignedByte();
        assertThat(second & 0x80).as("the server does not mask").isZero();
        long length =
            second == 126 ? in.readUnsignedShort() : second == 127 ? in.readLong() : second;
        byte[] payload = new byte[Math.toIntExact(length)];
        in.readFully(payload);
        if (opcode == PING) {
          pings++;
          if (answersPings) {
            frame(PONG, true, payload);
          }
        } else {
          if (opcode == CLOSE) {
            closed(payload);
          } else if (opcode == TEXT) {
            textFrames++;
          }
          return new Frame(opcode, payload);
        }
      }
    } catch (EOFException e) {
      return null;
    } catch (IOException e) {
      if ("Connection reset".equals(e.getMessage())) {
        return null;
      }
      throw new UncheckedIOException(e);
    }
  }

  private void closed(byte[] payload) {
    if (payload.length >= 2) {
      closeCode = (payload[0] & 0xff) << 8 | payload[1] & 0xff;
      closeReason = new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
    }
  }

  /** Reads pings until there were {@code n} in all; other frames are an error. */
  public void awaitPings(int n) {
    try {
      while (pings < n) {
        assertThat(in.readUnsignedByte()).isEqualTo(0x80 | PING);
        assertThat(in.readUnsignedByte()).isZero();
        pings++;
        if (answersPings) {
          frame(PONG, true, new byte[0]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int pings() {
    return pings;
  }

  /** Text frames that were read so far. */
  public int textFrames() {
    return textFrames;
  }

  /** The objects of the next text frame; what else is there comes first. */
  public List<JsonObject> nextFrame() {
    Frame frame = read();
    assertThat(frame).as("closed: %s %s", closeCode, closeReason).isNotNull();
    assertThat(frame.opcode()).as("closed: %s %s", closeCode, closeReason).isEqualTo(TEXT);
    List<JsonObject> out = new ArrayList<>();
    for (String line : new String(frame.payload(), StandardCharsets.UTF_8).split("\n")) {
      out.add(new JsonObject(line));
    }
    return out;
  }

  public JsonObject next() {
    while (lines.isEmpty()) {
      lines.addAll(nextFrame());
    }
    return lines.remove();
  }

  public JsonObject expect(String op) {
    JsonObject line = next();
    assertThat(line.getString("op")).as("in %s", line).isEqualTo(op);
    return line;
  }

  /** The next {@code n} messages; deliver headers are checked to lead them. */
  public List<JsonObject> messages(int n) {
    List<JsonObject> out = new ArrayList<>();
    while (out.size() < n) {
      JsonObject deliver = expect("deliver");
      for (int i = deliver.getInteger("n"); i > 0; i--) {
        out.add(expect("msg"));
      }
    }
    return out;
  }

  /** Reads on until the server closes; gives the code, 1006 when it did so without one. */
  public int closeCode() {
    long patience = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    while (closeCode == null) {
      assertThat(System.nanoTime() - patience).as("it was not closed").isNegative();
      if (read() == null) {
        return 1006;
      }
    }
    return closeCode;
  }

  public String closeReason() {
    var unused = closeCode();
    return closeReason;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
