package dev.hongyan.bench.peer;

import dev.hongyan.bench.load.Dialect;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** nginx with nchan: messages are posted by HTTP and come as WebSocket messages. */
public final class Nchan implements Dialect {
  private final boolean publishes;

  public Nchan(boolean publishes) {
    this.publishes = publishes;
  }

  @Override
  public @Nullable String handshake() {
    return publishes ? null : Dialect.handshake("/sub", "");
  }

  @Override
  public void opened(Link link) {
    link.ready();
  }

  @Override
  public int read(Link link, ByteBuf in, int start, int length) {
    if (!publishes) {
      link.message(in, start + length);
    }
    return length;
  }

  @Override
  public byte[] publish(byte[] data) {
    byte[] head =
        ("POST /pub HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + data.length + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    return Bytes.join(head, data);
  }
}
