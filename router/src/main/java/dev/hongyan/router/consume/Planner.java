package dev.hongyan.router.consume;

import dev.hongyan.tenant.Tenant;
import java.util.List;

/** Says what consumers a tenant has. */
public interface Planner {

  /**
   * The plans for a tenant as it is configured now. Sinks of the plans before are used again where
   * they lead to the same receiver.
   */
  List<Plan> plans(Tenant tenant);

  /** A tenant that is not served here any more: its sinks are of no use. */
  void forget(String tenant);
}
