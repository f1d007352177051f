package dev.hongyan.observability.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * What Logback asks first, by service loader: plain text until the launcher has read the
 * configuration, and in tests. Keeps Logback from looking for XML.
 */
public final class BootConfigurator extends ContextAwareBase implements Configurator {

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    Logs.apply(
        context,
        new LogOptions(LogOptions.Level.INFO, LogOptions.Format.TEXT, false, false),
        System.out);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
