package dev.hongyan.bench.load;

import java.time.Duration;

/** Fan-out at our own server: a crowd, each of which gets everything, and a publisher. */
public final class Broadcast implements Traffic {
  private static final Duration PUBLISHER_WITHIN = Duration.ofSeconds(10);

  private final Generator generator;
  private final Seen seen;
  private final Crowd crowd;
  private final Publisher publisher;

  public Broadcast(Generator generator, Seen seen, Crowd crowd, Publisher publisher) {
    this.generator = generator;
    this.seen = seen;
    this.crowd = crowd;
    this.publisher = publisher;
  }

  @Override
  public void connectAll(Duration within) throws InterruptedException {
    crowd.connectAll(within);
    crowd.expect(0);
    publisher.connectAndWait(PUBLISHER_WITHIN);
  }

  @Override
  public void start(double perSecond) {
    publisher.start(perSecond);
  }

  @Override
  public void most(int underWay) {
    publisher.most(underWay, crowd.size(), seen::delivered);
  }

  @Override
  public void stop() {
    publisher.stop();
  }

  @Override
  public long awaitAll(Duration within) throws InterruptedException {
    return crowd.awaitConfirmed(publisher, within) + generator.call(seen::missing);
  }

  @Override
  public void end() {
    publisher.end();
    crowd.end();
  }
}
