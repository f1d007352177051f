package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends HTTP requests that were made ahead, over connections that stay: at fixed times (waiting for
 * a free connection counts as latency), or as fast as answers come. For the generator's loop.
 */
public final class PushLoad {
  private static final long LONGEST_NANOS = 600_000_000_000L;

  private final Generator generator;
  private final int port;
  private final List<byte[]> requests;
  private final String wanted;
  private final Histogram latency = new Histogram(LONGEST_NANOS, 3);
  private long[] meant = {};
  private final ArrayDeque<Connection> free = new ArrayDeque<>();
  private int next;
  private int until;
  private double perSecond;
  private long beganNanos;
  private int beganAt;
  private long good;
  private long bad;
  private String firstBad = "";
  private int open;

  /**
   * @param requests whole requests, each sent once
   * @param wanted what a good answer's body is
   */
  public PushLoad(Generator generator, int port, List<byte[]> requests, String wanted) {
    this.generator = generator;
    this.port = port;
    this.requests = requests;
    this.wanted = wanted;
  }

  public void connect(int connections) {
    for (int i = 0; i < connections; i++) {
      generator.connect(port, new Connection(), e -> bad++);
    }
  }

  /** Closes its connections. */
  public void end() {
    List.copyOf(free).forEach(Connection::close);
  }

  public int open() {
    return open;
  }

  /** Sends {@code count} requests at a rate; 0 is as fast as answers come. */
  public void start(int count, double requestsPerSecond) {
    latency.reset();
    beganAt = next;
    beganNanos = generator.now();
    until = Math.min(requests.size(), next + count);
    meant = new long[until - next];
    perSecond = requestsPerSecond;
    tick();
  }

  public boolean isDone() {
    return next == until && free.size() == open;
  }

  public long good() {
    return good;
  }

  public long bad() {
    return bad;
  }

  /** The first answer that was not as wanted. */
  public String firstBad() {
    return firstBad;
  }

  /** When the request of this index was to be sent; of those that were started last. */
  long meantNanos(int index) {
    return meant[index - beganAt];
  }

  /** From the intended sending (or the real one at full speed) to the answer. */
  public Histogram latency() {
    return latency;
  }

  private void tick() {
    long now = generator.now();
    while (next < until && !free.isEmpty() && due(next) <= now) {
      long at = perSecond == 0 ? now : due(next);
      meant[next - beganAt] = at;
      free.remove().send(requests.get(next++), at);
    }
    if (next < until && perSecond > 0 && !free.isEmpty()) {
      var unused =
          generator
              .loop()
              .schedule(this::tick, Math.max(0, due(next) - generator.now()), TimeUnit.NANOSECONDS);
    } else if (next < until && perSecond > 0) {
      var unused = generator.loop().schedule(this::tick, 200, TimeUnit.MICROSECONDS);
    }
  }

  private long due(int index) {
    return perSecond == 0 ? 0 : beganNanos + (long) ((index - beganAt) * 1e9 / perSecond);
  }

  /** One keep-alive connection with at most one request under way. */
  private final class Connection extends ChannelInboundHandlerAdapter {
    private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};

    private final ByteBuf mark = Unpooled.wrappedBuffer(END_OF_HEAD);
    private @Nullable Channel channel;
    private @Nullable ByteBuf rest;
    private long meantNanos;
    private boolean busy;

    void send(byte[] request, long meantAt) {
      Channel c = channel;
      if (c != null) {
        busy = true;
        meantNanos = meantAt;
        c.writeAndFlush(Unpooled.wrappedBuffer(request), c.voidPromise());
      }
    }

    void close() {
      if (channel != null) {
        channel.close();
      }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      channel = ctx.channel();
      open++;
      free.add(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      if (rest != null) {
        in = rest.writeBytes(in);
        ((ByteBuf) message).release();
        rest = null;
      }
      int end = ByteBufUtil.indexOf(mark, in.slice());
      String head = end < 0 ? "" : in.toString(in.readerIndex(), end, StandardCharsets.US_ASCII);
      int length = end < 0 ? 0 : length(head);
      if (end < 0 || in.readableBytes() < end + 4 + length) {
        rest = ctx.alloc().buffer(2048).writeBytes(in);
        in.release();
        return;
      }
      String body = in.toString(in.readerIndex() + end + 4, length, StandardCharsets.UTF_8);
      in.release();
      answered(head, body);
    }

    private void answered(String head, String body) {
      latency.recordValue(Math.min(LONGEST_NANOS, generator.now() - meantNanos));
      if (head.startsWith("HTTP/1.1 200") && body.equals(wanted)) {
        good++;
      } else {
        bad++;
        if (firstBad.isEmpty()) {
          firstBad = head.lines().findFirst().orElse("") + ' ' + body;
        }
      }
      busy = false;
      free.add(this);
      if (perSecond == 0) {
        tick();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      open--;
      if (busy) {
        bad++;
      } else {
        free.remove(this);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }

    private int length(String head) {
      String name = "content-length: ";
      int at = head.toLowerCase(java.util.Locale.ROOT).indexOf(name);
      if (at < 0) {
        return 0;
      }
      int from = at + name.length();
      int to = head.indexOf('\r', from);
      return Integer.parseInt(head.substring(from, to < 0 ? head.length() : to).strip());
    }
  }
}
