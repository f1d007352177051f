package dev.hongyan.observability.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/** One event, one line; what both forms share. */
abstract class LineEncoder extends EncoderBase<ILoggingEvent> {
  private static final byte[] NOTHING = {};

  private final Masking masking;

  LineEncoder(Masking masking) {
    this.masking = masking;
  }

  /** Appends the line of {@code event}, with its line feed. */
  abstract void write(ILoggingEvent event, StringBuilder line);

  @Override
  public final byte[] encode(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(256);
    write(event, line);
    return line.toString().getBytes(StandardCharsets.UTF_8);
  }

  final String message(ILoggingEvent event) {
    String message = event.getFormattedMessage();
    return message == null ? "null" : masking.mask(message);
  }

  final String stack(IThrowableProxy thrown) {
    return masking.mask(ThrowableProxyUtil.asString(thrown));
  }

  final String value(KeyValuePair pair) {
    return Masking.isSecretName(pair.key) ? Masking.MASK : masking.mask(String.valueOf(pair.value));
  }

  static List<KeyValuePair> pairs(ILoggingEvent event) {
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    return pairs == null ? List.of() : pairs;
  }

  @Override
  public final byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public final byte[] footerBytes() {
    return NOTHING;
  }
}
