package dev.hongyan.bench.load;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connections that share one subscription, and a publisher: each message is for one of them. They
 * acknowledge as our SDKs do: what one frame brought is acknowledged in one go, each message by its
 * cursor. For the generator's loop but for the methods that wait.
 */
public final class Team implements Traffic {
  private static final Duration PUBLISHER_WITHIN = Duration.ofSeconds(10);
  private static final int CURSOR_MAX = 64;

  private final Generator generator;
  private final Seen seen;
  private final Receiver.Target target;
  private final String name;
  private final Publisher publisher;
  private final Taken taken = new Taken();
  private final List<Member> members = new ArrayList<>();
  private int attached;
  private boolean ended;

  /**
   * @param name the shared subscription's
   */
  public Team(
      Generator generator,
      Seen seen,
      Receiver.Target target,
      String name,
      int members,
      Publisher publisher) {
    this.generator = generator;
    this.seen = seen;
    this.target = target;
    this.name = name;
    this.publisher = publisher;
    for (int i = 0; i < members; i++) {
      this.members.add(new Member(name + "-" + i));
    }
  }

  @Override
  public void connectAll(Duration within) throws InterruptedException {
    generator.run(() -> members.forEach(Member::connect));
    if (!generator.await(within, () -> attached == members.size())) {
      throw new IllegalStateException(
          attached + " of " + members.size() + " came in; " + seen.errors());
    }
    publisher.connectAndWait(PUBLISHER_WITHIN);
  }

  @Override
  public void start(double perSecond) {
    publisher.start(perSecond);
  }

  @Override
  public void most(int underWay) {
    publisher.most(underWay, 1, seen::delivered);
  }

  @Override
  public void stop() {
    publisher.stop();
  }

  @Override
  public long awaitAll(Duration within) throws InterruptedException {
    boolean unused = generator.await(within, () -> publisher.isAllConfirmed() && missing() == 0);
    return generator.call(this::missing);
  }

  Member member(int index) {
    return members.get(index);
  }

  private long missing() {
    return publisher.sent() - seen.refusals() - taken.count();
  }

  @Override
  public void end() {
    ended = true;
    publisher.end();
    members.forEach(Member::cut);
  }

  /** One of them. */
  final class Member implements WsSocket.Listener {
    private final String client;
    private final byte[] ackHead =
        ("{\"op\":\"ack\",\"sub\":\"" + name + "\",\"cursors\":[")
            .getBytes(StandardCharsets.US_ASCII);
    private byte[] ack = Arrays.copyOf(ackHead, 1024);
    private int ackEnd = ackHead.length;
    private @Nullable WsSocket socket;

    Member(String client) {
      this.client = client;
    }

    void connect() {
      socket = WsSocket.connect(generator, target.port(), target.token(), this);
    }

    void cut() {
      if (socket != null) {
        socket.cut();
      }
    }

    @Override
    public void opened(WsSocket opened) {
      String hello =
          "{\"op\":\"hello\",\"client\":\""
              + client
              + "\",\"subscribe\":[{\"sub\":\""
              + name
              + "\",\"topics\":[\""
              + target.topic()
              + "\"],\"mode\":\"shared\"}]}";
      opened.write(hello.getBytes(StandardCharsets.US_ASCII));
      opened.flush();
    }

    @Override
    public void text(WsSocket from, ByteBuf data, int start, int length) {
      byte[] done = read(data, start, length);
      if (done != null) {
        from.write(done);
        from.flush();
      }
    }

    /** Takes what a frame holds; gives what to answer, or null for nothing. */
    byte @Nullable [] read(ByteBuf data, int start, int length) {
      int end = start + length;
      for (int line = start; line < end; ) {
        int found = data.indexOf(line, end, (byte) '\n');
        int lineEnd = found < 0 ? end : found;
        if (Receiver.isMessage(data, line, lineEnd)) {
          message(data, line, lineEnd);
        } else {
          control(data.toString(line, lineEnd - line, StandardCharsets.UTF_8));
        }
        line = lineEnd + 1;
      }
      return takeAck();
    }

    private void message(ByteBuf data, int line, int lineEnd) {
      int at = line + Receiver.CURSOR_AT;
      done(data, at, data.indexOf(at, lineEnd, (byte) '"') - at);
      long number = Stamps.number(data, lineEnd);
      if (number < 0) {
        return; // not one of ours
      }
      if (taken.add(number)) {
        seen.message(Stamps.nanos(data, lineEnd), generator.now());
      } else {
        seen.duplicate();
      }
    }

    private void done(ByteBuf data, int cursor, int length) {
      if (length > CURSOR_MAX) {
        throw new IllegalStateException("a cursor of " + length + " bytes");
      }
      if (ackEnd + CURSOR_MAX + 5 > ack.length) {
        ack = Arrays.copyOf(ack, ack.length * 2);
      }
      if (ackEnd > ackHead.length) {
        ack[ackEnd++] = ',';
      }
      ack[ackEnd++] = '"';
      data.getBytes(cursor, ack, ackEnd, length);
      ackEnd += length;
      ack[ackEnd++] = '"';
    }

    private byte @Nullable [] takeAck() {
      if (ackEnd == ackHead.length) {
        return null;
      }
      seen.frame();
      ack[ackEnd++] = ']';
      ack[ackEnd++] = '}';
      byte[] out = Arrays.copyOf(ack, ackEnd);
      ackEnd = ackHead.length;
      return out;
    }

    private void control(String line) {
      if (line.startsWith("{\"op\":\"subscribed\"")) {
        attached++;
      } else if (!Receiver.isRoutine(line)) {
        seen.error(
            Receiver.field(line, "op")
                + ' '
                + Receiver.field(line, "code")
                + Receiver.field(line, "reason"));
      }
    }

    @Override
    public void closed(WsSocket which, int code, String reason) {
      if (!ended) {
        seen.error("lost " + code + ' ' + reason);
      }
    }
  }
}
