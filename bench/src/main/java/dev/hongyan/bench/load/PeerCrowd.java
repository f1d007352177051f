package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Receivers and one publisher, at a server that speaks a language of its own: the same messages
 * with the same stamps as our own receivers get, and the same checks for holes. Either each of them
 * gets everything, or they share the work. For the generator's loop but for the methods that wait.
 */
public final class PeerCrowd implements Flock, Traffic {
  private static final long HELD_BACK_NANOS = 1_000_000;

  private final Generator generator;
  private final Seen seen;
  private final int port;
  private final int bytes;
  private final List<Member> receivers = new ArrayList<>();
  private final Arrivals<Member> arrivals;
  private final Member publisher;
  private final @Nullable Taken shared;
  private int ready;
  private int round;
  private double perSecond = 1;
  private long beganNanos;
  private long beganNumber;
  private long next;
  private @Nullable Bound bound;
  private Histogram recovery = new Histogram(600_000_000_000L, 3);
  private long cutNanos = -1;
  private boolean ended;

  /** Whom a message is for. */
  public enum Sharing {
    /** Each of them. */
    NOTHING,
    /** One of them, whichever. */
    THE_WORK
  }

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
      int bytes,
      Sharing sharing) {
    this.generator = generator;
    this.seen = seen;
    this.port = port;
    this.bytes = bytes;
    this.shared = sharing == Sharing.THE_WORK ? new Taken() : null;
    this.arrivals = new Arrivals<>(generator, Member::connect);
    for (int i = 0; i < count; i++) {
      receivers.add(new Member(receiver.get(), true));
    }
    this.publisher = new Member(publisher, false);
  }

  @Override
  public void connectAll(Duration within) throws InterruptedException {
    generator.run(
        () -> {
          arrivals.add(receivers);
          arrivals.add(List.of(publisher));
        });
    if (!generator.await(within, () -> ready == receivers.size() && publisher.isReady)) {
      throw new IllegalStateException(
          ready + " of " + receivers.size() + " came in; " + seen.errors());
    }
  }

  @Override
  public int size() {
    return receivers.size();
  }

  @Override
  public int back() {
    return ready;
  }

  @Override
  public void comeBack(@Nullable Return how) {
    arrivals.comeBack(how);
  }

  @Override
  public void cutAll() {
    recovery = new Histogram(600_000_000_000L, 3);
    cutNanos = generator.now();
    receivers.forEach(Member::cut);
  }

  @Override
  public Histogram recovery() {
    return recovery;
  }

  @Override
  public void start(double messagesPerSecond) {
    bound = null;
    go(messagesPerSecond);
  }

  @Override
  public void most(int underWay) {
    bound = Bound.from(underWay, shared != null ? 1 : receivers.size(), next, seen::delivered);
    go(1e9);
  }

  private void go(double messagesPerSecond) {
    perSecond = messagesPerSecond;
    beganNanos = generator.now();
    beganNumber = next;
    tick(++round);
  }

  @Override
  public void stop() {
    round++;
  }

  @Override
  public long awaitAll(Duration within) throws InterruptedException {
    boolean unused = generator.await(within, () -> behind() == 0);
    return generator.call(() -> behind() + seen.missing());
  }

  private long behind() {
    Taken group = shared;
    if (group != null) {
      return next - group.count();
    }
    long sum = 0;
    for (Member m : receivers) {
      sum += Math.max(0, next - 1 - m.lastNumber);
    }
    return sum;
  }

  @Override
  public void end() {
    stop();
    ended = true;
    arrivals.end();
    receivers.forEach(Member::cut);
    publisher.cut();
  }

  private void tick(int of) {
    if (of != round) {
      return;
    }
    long now = generator.now();
    int written = 0;
    while (due(next) <= now && !isHeldBack() && written < 1000) {
      publisher.write(
          publisher.dialect.publish(Stamps.data(bytes, next, bound != null ? now : due(next))));
      next++;
      written++;
    }
    if (written > 0) {
      publisher.flush();
    }
    long wait = isHeldBack() ? HELD_BACK_NANOS : Math.max(0, due(next) - generator.now());
    var unused = generator.loop().schedule(() -> tick(of), wait, TimeUnit.NANOSECONDS);
  }

  private boolean isHeldBack() {
    Bound b = bound;
    return b != null && !b.lets(next);
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
    private boolean reading;
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
      write(bytesToSend);
      if (!reading) { // else once for all that a read brings about
        flush();
      }
    }

    void write(byte[] bytesToSend) {
      Channel channel = plain;
      if (channel != null) {
        channel.write(Unpooled.wrappedBuffer(bytesToSend), channel.voidPromise());
      } else if (socket != null) {
        socket.write(bytesToSend);
      }
    }

    void flush() {
      Channel channel = plain;
      if (channel != null) {
        channel.flush();
      } else if (socket != null) {
        socket.flush();
      }
    }

    @Override
    public void ready() {
      if (!isReady) {
        isReady = true;
        if (receives) {
          ready++;
          if (cutNanos >= 0) {
            recovery.recordValue(generator.now() - cutNanos);
          }
        }
        arrivals.arrived(this);
      }
    }

    @Override
    public void message(ByteBuf in, int end) {
      // Two braces that our own messages have behind their data are not there.
      long number = Stamps.number(in, end + 2);
      if (number < 0) {
        return;
      }
      Taken group = shared;
      if (group != null) {
        if (group.add(number)) {
          seen.message(Stamps.nanos(in, end + 2), generator.now());
        } else {
          seen.duplicate();
        }
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
      if (isReady && receives) {
        ready--;
      }
      isReady = false;
      reading = false;
      if (rest != null) {
        rest.release();
        rest = null;
      }
      if (!ended && !(receives && arrivals.lost(this))) {
        seen.error("lost: " + why);
      }
    }

    /** New bytes, behind those that were left. */
    private void read(ByteBuf in, int start, int length) {
      reading = true;
      take(in, start, length);
      reading = false;
      flush();
      seen.frame();
    }

    private void take(ByteBuf in, int start, int length) {
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
      if (socket == null || which == socket) { // a connection that fails at once comes here first
        socket = null;
        lost(code + " " + reason);
      }
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
        plain = null;
        lost("closed");
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        seen.error(String.valueOf(cause));
        ctx.close();
      }
    }
  }
}
