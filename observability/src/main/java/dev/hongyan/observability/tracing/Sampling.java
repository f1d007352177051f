package dev.hongyan.observability.tracing;

/**
 * Which traces are kept: a share of them, told from the trace id alone, so that all processes keep
 * the same ones. The rule is that of OpenTelemetry's {@code TraceIdRatioBased} sampler, so services
 * of others with the same ratio agree, too.
 */
final class Sampling {
  private final long below;

  /**
   * @param ratio from 0, none, to 1, all
   */
  Sampling(double ratio) {
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException("a ratio is from 0 to 1");
    }
    this.below =
        ratio == 0 ? Long.MIN_VALUE : ratio == 1 ? Long.MAX_VALUE : (long) (ratio * Long.MAX_VALUE);
  }

  /**
   * @param traceLow the second half of the trace id
   */
  boolean takes(long traceLow) {
    return Math.abs(traceLow) < below;
  }
}
