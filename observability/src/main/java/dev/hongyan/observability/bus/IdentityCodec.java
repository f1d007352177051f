package dev.hongyan.observability.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/** Hands bodies over by reference inside one JVM. */
final class IdentityCodec implements MessageCodec<Object, Object> {
  static final String NAME = "hongyan-identity";

  @Override
  public void encodeToWire(Buffer buffer, Object body) {
    throw new UnsupportedOperationException("no wire form for " + body.getClass().getName());
  }

  @Override
  public Object decodeFromWire(int pos, Buffer buffer) {
    throw new UnsupportedOperationException("no wire form");
  }

  @Override
  public Object transform(Object body) {
    return body;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
