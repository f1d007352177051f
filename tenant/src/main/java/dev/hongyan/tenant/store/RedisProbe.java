package dev.hongyan.tenant.store;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks a Redis of our own whether it lives, without Vert.x, for the thread that keeps it. Blocking,
 * with a deadline.
 */
final class RedisProbe {
  private static final int ANSWER_MAX = 64 * 1024;

  private final SocketAddress at;
  private final @Nullable String password;

  /**
   * @param address {@code unix:///path} or {@code redis://:password@host:port}
   */
  RedisProbe(String address) {
    URI uri = URI.create(address);
    if ("unix".equals(uri.getScheme())) {
      this.at = UnixDomainSocketAddress.of(Path.of(uri.getPath()));
      this.password = null;
    } else {
      this.at = new InetSocketAddress(uri.getHost(), uri.getPort());
      String user = uri.getUserInfo();
      this.password = user == null ? null : user.substring(user.indexOf(':') + 1);
    }
  }

  /** What {@code INFO server} says, or null while nobody answers there (or it loads its data). */
  @Nullable String info(Duration patience) {
    try {
      String text = ask("INFO server", patience);
      return text.startsWith("$") ? text : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether commands are taken: false while nobody is there or the data is being loaded. */
  boolean isServing(Duration patience) {
    try {
      return ask("PING", patience).startsWith("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  /** The value of one line of {@code INFO}. */
  static @Nullable String line(String info, String name) {
    int start = info.indexOf("\r\n" + name + ":");
    if (start < 0) {
      return null;
    }
    int value = start + name.length() + 3;
    return info.substring(value, info.indexOf("\r\n", value));
  }

  private String ask(String command, Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    StandardProtocolFamily family =
        at instanceof UnixDomainSocketAddress
            ? StandardProtocolFamily.UNIX
            : StandardProtocolFamily.INET;
    try (Selector selector = Selector.open();
        SocketChannel channel = SocketChannel.open(family)) {
      channel.configureBlocking(false);
      if (!channel.connect(at)) {
        SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
        await(selector, deadline);
        if (!channel.finishConnect()) {
          throw new IOException("no connection");
        }
        key.interestOps(SelectionKey.OP_READ);
      } else {
        channel.register(selector, SelectionKey.OP_READ);
      }
      String greeting = password == null ? "" : "AUTH " + password + "\r\n";
      ByteBuffer out =
          ByteBuffer.wrap((greeting + command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      while (out.hasRemaining()) {
        // A few dozen bytes always fit into the buffer of a fresh socket.
        channel.write(out);
      }
      StringBuilder answer = new StringBuilder();
      ByteBuffer in = ByteBuffer.allocate(4096);
      while (answer.length() < ANSWER_MAX) {
        await(selector, deadline);
        if (channel.read(in.clear()) < 0) {
          throw new IOException("the connection ended");
        }
        answer.append(StandardCharsets.ISO_8859_1.decode(in.flip()));
        String whole = complete(answer);
        if (whole != null) {
          return whole;
        }
      }
      throw new IOException("too long an answer");
    }
  }

  private @Nullable String complete(StringBuilder answer) throws IOException {
    int from = 0;
    if (password != null) {
      from = answer.indexOf("\r\n") + 2;
      if (from < 2) {
        return null;
      }
      if (answer.charAt(0) != '+') {
        throw new IOException("the password is not that of this Redis");
      }
    }
    int line = answer.indexOf("\r\n", from);
    if (line < 0) {
      return null;
    }
    if (answer.charAt(from) != '$') {
      return answer.substring(from);
    }
    int length = Integer.parseInt(answer.substring(from + 1, line));
    return answer.length() >= line + 2 + length + 2 ? answer.substring(from) : null;
  }

  private static void await(Selector selector, long deadline) throws IOException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    selector.selectedKeys().clear();
    if (left <= 0 || selector.select(left) == 0) {
      throw new IOException("no answer in time");
    }
  }
}
