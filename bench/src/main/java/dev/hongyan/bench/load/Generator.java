package dev.hongyan.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One event loop that drives every socket of the load. Connections leave from several loopback
 * addresses in turn, so that tens of thousands do not run out of ports. Needs Linux.
 */
public final class Generator implements AutoCloseable {
  private static final int ADDRESSES = 8;
  private static final long LOOK_MILLIS = 10;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final EventLoop loop = group.next();
  private final long startNanos = System.nanoTime();
  private int turn;

  /** Nanoseconds since this generator began: the clock of all stamps. */
  public long now() {
    return System.nanoTime() - startNanos;
  }

  public EventLoop loop() {
    return loop;
  }

  /** Connects to a loopback port; {@code failed} hears of a connection that did not come about. */
  void connect(int port, ChannelHandler handler, Consumer<Throwable> failed) {
    turn = (turn + 1) % ADDRESSES;
    new Bootstrap()
        .group(loop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 20_000)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1 << 20, 4 << 20))
        .option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handler);
              }
            })
        .connect(
            new InetSocketAddress("127.0.0.1", port),
            new InetSocketAddress("127.0.0." + (2 + turn), 0))
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                failed.accept(done.cause());
              }
            });
  }

  /** Runs something on the loop and waits for it; not from the loop. */
  public <T> T call(Callable<T> task) throws InterruptedException {
    try {
      return loop.submit(task).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Runs something on the loop and waits for it; not from the loop. */
  public void run(Runnable task) throws InterruptedException {
    var unused =
        call(
            () -> {
              task.run();
              return true;
            });
  }

  /** Lets time pass. */
  public void pause(Duration time) throws InterruptedException {
    loop.schedule(() -> {}, time.toNanos(), TimeUnit.NANOSECONDS).sync();
  }

  /** Waits until the loop finds {@code condition} true; false when it did not become so in time. */
  public boolean await(Duration within, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    while (!call(condition::getAsBoolean)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      pause(Duration.ofMillis(LOOK_MILLIS));
    }
    return true;
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
