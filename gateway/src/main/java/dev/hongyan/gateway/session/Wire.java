package dev.hongyan.gateway.session;

import io.netty.buffer.ByteBuf;

/** The socket under a session. Called on the session's event loop only. */
interface Wire {
  /**
   * Puts one complete WebSocket frame, header included, on its way; takes over the reference. It
   * leaves with {@link #flush}.
   */
  void write(ByteBuf frame);

  void flush();

  /**
   * Whether the socket takes more; when it does not, {@link Session#writable} is called once it
   * does again.
   */
  boolean isWritable();

  /** Bytes that were written and wait for the socket to take them. */
  long unsentBytes();

  void ping();

  /** Closes with a WebSocket close code and a reason of at most 123 bytes. */
  void close(int code, String reason);
}
