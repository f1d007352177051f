package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Receivers of everything and one publisher, at a server that speaks a language of its own: the
 * same messages with the same stamps as our own receivers get, and the same checks for holes. For
 * the generator's loop but for the methods that wait.
 */
public final class PeerCrowd {
  private static final int AT_ONCE = 128;

  private final Generator generator;
  private final Seen seen;
  private final int port;
  private final int bytes;
  private final List<Member> receivers = new ArrayList<>();
  private final ArrayDeque<Member> toConnect = new ArrayDeque<>();
  private final Member publisher;
  private int ready;
  private int round;
  private double perSecond = 1;
  private long beganNanos;
  private long beganNumber;
  private long next;

  /**
   * @param receiver makes the dialect of a receiver
   * @param publisher that of the publisher
   * @param bytes size of each message's data
   */
  public PeerCrowd(
      Generator generator,
      Seen seen,
      int port,
      int count,
      Supplier<Dialect> receiver,
      Dialect publisher,
      int bytes) {
    this.generator = generator;
    this.seen = seen;
    this.port = port;
    this.bytes = bytes;
    for (int i = 0; i < count; i++) {
      receivers.add(new Member(receiver.get(), true));
    }
    this.publisher = new Member(publisher, false);
  }

  /** Connects all, a bounded number at once; fails when not all are subscribed in time. */
  public void connectAll(Duration within) throws InterruptedException {
    generator.run(
        () -> {
          toConnect.addAll(receivers);
          toConnect.add(publisher);
          for (int i = 0; i < AT_ONCE; i++) {
            connectNext();
          }
        });
    if (!generator.await(within, () -> ready == receivers.size() && publisher.isReady)) {
      throw new IllegalStateException(
          ready + " of " + receivers.size() + " came in; " + seen.errors());
    }
  }

  private void connectNext() {
    Member member = toConnect.poll();
    if (member != null) {
      member.connect();
    }
  }

  /** Publishes at this rate from now on, whether or not anybody keeps up. */
  public void start(double messagesPerSecond) {
    perSecond = messagesPerSecond;
    beganNanos = generator.now();
    beganNumber = next;
    tick(++round);
  }

  public void stop() {
    round++;
  }

  /** Waits until all have what was published; gives how many messages did not come. */
  public long awaitAll(Duration within) throws InterruptedException {
    boolean unused = generator.await(within, () -> behind() == 0);
    return generator.call(this::behind);
  }

  private long behind() {
    long sum = 0;
    for (Member m : receivers) {
      sum += Math.max(0, next - 1 - m.lastNumber);
    }
    return sum;
  }

  /** Ends for good. */
  public void end() {
    stop();
    receivers.forEach(Member::cut);
    publisher.cut();
  }

  private void tick(int of) {
    if (of != round) {
      return;
    }
    long now = generator.now();
    for (int written = 0; due(next) <= now && written < 1000; written++) {
      publisher.send(publisher.dialect.publish(Stamps.data(bytes, next, due(next))));
      next++;
    }
    var unused =
        generator
            .loop()
            .schedule(
                () -> tick(of), Math.max(0, due(next) - generator.now()), TimeUnit.NANOSECONDS);
  }

  private long due(long number) {
    return beganNanos + (long) ((number - beganNumber) * 1e9 / perSecond);
  }

  /** One connection. */
  private final class Member implements Dialect.Link, WsSocket.Listener {
    private final Dialect dialect;
    private final boolean receives;
    private @Nullable WsSocket socket;
    private @Nullable Channel plain;
    private @Nullable ByteBuf rest;
    private boolean isReady;
    private long lastNumber = -1;

    Member(Dialect dialect, boolean receives) {
      this.dialect = dialect;
      this.receives = receives;
    }

    void connect() {
      String handshake = dialect.handshake();
      if (handshake == null) {
        generator.connect(port, new Plain(), e -> lost(String.valueOf(e.getMessage())));
      } else {
        socket = WsSocket.connectTo(generator, port, handshake, this);
      }
    }

    void cut() {
      if (socket != null) {
        socket.cut();
      }
      if (plain != null) {
        plain.close();
      }
    }

    @Override
    public void send(byte[] bytesToSend) {
      Channel channel = plain;
      if (channel != null) {
        channel.writeAndFlush(Unpooled.wrappedBuffer(bytesToSend), channel.voidPromise());
      } else if (socket != null) {
        socket.write(bytesToSend);
        socket.flush();
      }
    }

    @Override
    public void ready() {
      if (!isReady) {
        isReady = true;
        ready += receives ? 1 : 0;
        connectNext();
      }
    }

    @Override
    public void message(ByteBuf in, int end) {
      // Two braces that our own messages have behind their data are not there.
      long number = Stamps.number(in, end + 2);
      if (number < 0) {
        return;
      }
      if (number <= lastNumber) {
        seen.duplicate();
        return;
      }
      for (long hole = lastNumber + 1; hole < number; hole++) {
        seen.jumpedOver(hole);
      }
      lastNumber = number;
      seen.message(Stamps.nanos(in, end + 2), generator.now());
    }

    private void lost(String why) {
      seen.error("lost: " + why);
    }

    /** New bytes, behind those that were left. */
    private void read(ByteBuf in, int start, int length) {
      ByteBuf before = rest;
      if (before == null) {
        int done = dialect.read(this, in, start, length);
        if (done < length) {
          rest = Unpooled.buffer(Math.max(4096, length - done));
          rest.writeBytes(in, start + done, length - done);
        }
      } else {
        before.writeBytes(in, start, length);
        int done = dialect.read(this, before, before.readerIndex(), before.readableBytes());
        before.skipBytes(done);
        if (before.isReadable()) {
          before.discardSomeReadBytes();
        } else {
          before.release();
          rest = null;
        }
      }
      seen.frame();
    }

    @Override
    public void opened(WsSocket opened) {
      dialect.opened(this);
    }

    @Override
    public void text(WsSocket from, ByteBuf data, int start, int length) {
      read(data, start, length);
    }

    @Override
    public void closed(WsSocket which, int code, String reason) {
      lost(code + " " + reason);
    }

    private final class Plain extends ChannelInboundHandlerAdapter {
      @Override
      public void channelActive(ChannelHandlerContext ctx) {
        plain = ctx.channel();
        dialect.opened(Member.this);
      }

      @Override
      public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
          read(in, in.readerIndex(), in.readableBytes());
        } finally {
          in.release();
        }
      }

      @Override
      public void channelInactive(ChannelHandlerContext ctx) {
        lost("closed");
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        lost(String.valueOf(cause));
        ctx.close();
      }
    }
  }
}
