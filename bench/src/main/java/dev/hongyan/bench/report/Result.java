package dev.hongyan.bench.report;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one run of a scenario showed. Figures carry their unit in their name.
 *
 * @param parameters what was asked for
 * @param figures what was measured, in the order in which to read it
 * @param errors what went wrong on the way, and how often; empty is what one hopes for
 */
public record Result(
    String scenario,
    String server,
    Map<String, Object> parameters,
    Map<String, Double> figures,
    Map<String, Long> errors) {

  public Result {
    parameters = new LinkedHashMap<>(parameters);
    figures = new LinkedHashMap<>(figures);
    errors = new LinkedHashMap<>(errors);
  }
}
