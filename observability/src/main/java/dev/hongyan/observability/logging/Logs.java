package dev.hongyan.observability.logging;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.OutputStream;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * Sets logging up in code: reading an XML file would cost a tenth of the start-up time.
 *
 * <p>Callers log through SLF4J and name the tenant and the request with key-value pairs ({@code
 * log.atInfo().addKeyValue("tenant", id).log("…")}); there is no ambient context, for an event loop
 * serves many tenants in one thread.
 */
public final class Logs {

  /** Lines that may wait for a slow reader of standard output; what comes after them is dropped. */
  private static final int QUEUE = 8192;

  private Logs() {}

  /**
   * Logs to standard output from now on, as {@code options} say. Lines are written by a thread of
   * their own: a reader that stalls costs lines, never an event loop.
   */
  public static void configure(LogOptions options) {
    configure(options, System.out);
  }

  static void configure(LogOptions options, OutputStream out) {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (factory instanceof LoggerContext context) {
      context.reset();
      apply(context, options, out);
    }
  }

  /** Writes what is still queued and stops. The last thing a process does. */
  public static void stop() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }

  static void apply(LoggerContext context, LogOptions options, OutputStream out) {
    // Vert.x would take java.util.logging when it finds that configured.
    System.setProperty(
        "vertx.logger-delegate-factory-class-name",
        "io.vertx.core.logging.SLF4JLogDelegateFactory");
    Masking masking = new Masking(!options.payloads());
    LineEncoder encoder =
        options.format() == LogOptions.Format.JSON
            ? new JsonEncoder(masking)
            : new TextEncoder(masking, options.colours());
    encoder.setContext(context);
    encoder.start();

    OutputStreamAppender<ILoggingEvent> lines = new OutputStreamAppender<>();
    lines.setContext(context);
    lines.setName("lines");
    lines.setEncoder(encoder);
    lines.setOutputStream(new Uncloseable(out));
    lines.start();

    AsyncAppender queue = new AsyncAppender();
    queue.setContext(context);
    queue.setName("queue");
    queue.setQueueSize(QUEUE);
    queue.setDiscardingThreshold(0);
    queue.setNeverBlock(true);
    queue.setMaxFlushTime(1000);
    queue.addAppender(lines);
    queue.start();

    Level ours = Level.toLevel(options.level().name());
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(ours.isGreaterOrEqual(Level.INFO) ? ours : Level.INFO);
    root.addAppender(queue);
    context.getLogger("dev.hongyan").setLevel(ours);
    // Netty says at INFO what nobody can act on.
    context.getLogger("io.netty").setLevel(ours.isGreaterOrEqual(Level.WARN) ? ours : Level.WARN);
    // What it says of a collector that is away, we say ourselves, and less often.
    context.getLogger("io.opentelemetry").setLevel(Level.OFF);
  }
}
