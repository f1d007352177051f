package dev.hongyan.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that speaks the protocol as the test tells it to: real sockets, scripted answers. */
final class FakeServer implements AutoCloseable {
  private final ServerSocket listening;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  final Mailbox<Session> sessions = new Mailbox<>();
  final AtomicInteger pings = new AtomicInteger();
  volatile int pingStatus = 204;

  /** HTTP status to refuse handshakes with, or 0. */
  volatile int refuse;

  FakeServer() throws IOException {
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  URI uri() {
    return URI.create("ws://127.0.0.1:" + listening.getLocalPort() + "/ws/v1");
  }

  /** The next connection, greeted. */
  @CanIgnoreReturnValue
  Session greeted() {
    Session session = sessions.take();
    session.hello = session.take("hello");
    session.welcome();
    return session;
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "fake-server");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        start(() -> serve(socket));
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private void serve(Socket socket) {
    try {
      DataInputStream in =
          new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
      OutputStream out = new BufferedOutputStream(socket.getOutputStream());
      String first = line(in);
      Map<String, String> headers = new LinkedHashMap<>();
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
      }
      if (first.startsWith("GET /ping")) {
        pings.incrementAndGet();
        answer(out, pingStatus);
      } else if (refuse != 0) {
        answer(out, refuse);
      } else {
        byte[] key =
            (headers.get("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                .getBytes(StandardCharsets.US_ASCII);
        String accept =
            Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(key));
        write(
            out,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: hongyan.v1\r\nSec-WebSocket-Accept: "
                + accept
                + "\r\n\r\n");
        Session session = new Session(socket, out, headers);
        sessions.put(session);
        session.read(in);
        return;
      }
      socket.close();
    } catch (IOException | java.security.NoSuchAlgorithmException e) {
      // the client went away
    }
  }

  private static void answer(OutputStream out, int status) throws IOException {
    write(
        out,
        "HTTP/1.1 "
            + status
            + " Status\r\n"
            + (status == 204 ? "" : "Content-Length: 0\r\n")
            + "Connection: close\r\n\r\n");
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static String line(DataInputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  /** One connection of the client. */
  static final class Session {
    final Map<String, String> headers;
    final Mailbox<Integer> ended = new Mailbox<>();
    final AtomicInteger frames = new AtomicInteger();
    volatile Map<String, Object> hello = Map.of();
    private final Mailbox<Map<String, Object>> ops = new Mailbox<>();
    private final Socket socket;
    private final OutputStream out;

    Session(Socket socket, OutputStream out, Map<String, String> headers) {
      this.socket = socket;
      this.out = out;
      this.headers = headers;
    }

    /** The next operation of the kind; those before it are skipped. */
    @CanIgnoreReturnValue
    Map<String, Object> take(String... kinds) {
      return ops.take(candidate -> List.of(kinds).contains(candidate.get("op")));
    }

    /** True when an operation of the kind has come and was not taken. */
    boolean has(String op) {
      return ops.has(candidate -> op.equals(candidate.get("op")));
    }

    /** What hello asked for, of its first subscription. */
    @SuppressWarnings("unchecked")
    Map<String, Object> asked() {
      return ((List<Map<String, Object>>) hello.get("subscribe")).get(0);
    }

    /** From a server that hardly pings, so that silence alone ends it. */
    void welcome() {
      welcome(45_000);
    }

    void welcome(long pingMs) {
      send(
          "{'op':'welcome','session':'s','generation':1,'node':'a','now':0,'beatMs':20000,'pingMs':"
              + pingMs
              + ",'deadMs':45000,'maxFrame':65536}");
    }

    void pong() {
      frame(10, new byte[0]);
    }

    void subscribed(String sub, String cursor, String verdict) {
      send(
          "{'op':'subscribed','sub':'"
              + sub
              + "','verdict':'"
              + verdict
              + "','cursor':'"
              + cursor
              + "','head':'"
              + cursor
              + "'}");
    }

    /** Delivers messages by cursor, or with more fields: {@code e:1,'attempt':2}. */
    void deliver(String sub, String prev, String... messages) {
      List<String> lines = new ArrayList<>();
      lines.add(
          "{'op':'deliver','sub':'"
              + sub
              + "'"
              + (prev == null ? "" : ",'prev':'" + prev + "'")
              + ",'n':"
              + messages.length
              + "}");
      for (String message : messages) {
        int comma = message.indexOf(',');
        String cursor = comma < 0 ? message : message.substring(0, comma);
        String more = comma < 0 ? "" : message.substring(comma);
        lines.add(
            "{'op':'msg','cursor':'"
                + cursor
                + "'"
                + more
                + ",'event':{'id':'id-"
                + cursor
                + "'}}");
      }
      send(lines.toArray(String[]::new));
    }

    /** One frame of these lines; single quotes stand for double ones. */
    void send(String... lines) {
      frame(1, String.join("\n", lines).replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    void close(int code, String reason) {
      byte[] text = reason.getBytes(StandardCharsets.UTF_8);
      byte[] body = new byte[2 + text.length];
      body[0] = (byte) (code >> 8);
      body[1] = (byte) code;
      System.arraycopy(text, 0, body, 2, text.length);
      frame(8, body);
    }

    /** Ends it with a code that means no more than a failure of the network. */
    void drop() {
      close(1011, "");
    }

    /** As a cut cable: no close frame. */
    void cut() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private synchronized void frame(int opcode, byte[] payload) {
      try {
        out.write(0x80 | opcode);
        if (payload.length < 126) {
          out.write(payload.length);
        } else if (payload.length < 65_536) {
          out.write(126);
          out.write(payload.length >> 8);
          out.write(payload.length);
        } else {
          throw new IllegalArgumentException("too long for this server");
        }
        out.write(payload);
        out.flush();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    void read(DataInputStream in) {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      try {
        while (true) {
          int head = in.readUnsignedByte();
          int opcode = head & 0x0f;
          int size = in.readUnsignedByte() & 0x7f;
          if (size == 126) {
            size = in.readUnsignedShort();
          } else if (size == 127) {
            size = (int) in.readLong();
          }
          byte[] mask = new byte[4];
          in.readFully(mask);
          byte[] payload = new byte[size];
          in.readFully(payload);
          for (int i = 0; i < size; i++) {
            payload[i] ^= mask[i & 3];
          }
          if (opcode <= 1) { // the client of the JDK sends long texts in fragments
            text.writeBytes(payload);
          }
          if (opcode <= 1 && (head & 0x80) != 0) {
            frames.incrementAndGet();
            String whole = text.toString(StandardCharsets.UTF_8);
            text.reset();
            whole.lines().map(Json::object).forEach(ops::put);
          } else if (opcode == 8) {
            ended.put(size < 2 ? 1005 : ((payload[0] & 0xff) << 8) | (payload[1] & 0xff));
            socket.close();
          } else if (opcode == 9) {
            ops.put(Map.of("op", "(ping)"));
          }
        }
      } catch (IOException e) {
        ended.put(1006);
      }
    }
  }
}
