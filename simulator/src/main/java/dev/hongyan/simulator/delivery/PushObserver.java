package dev.hongyan.simulator.delivery;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.push.SimulatedPush;

/** Sees what is pushed: other parts of a simulated WeChat know what users do from that. */
@FunctionalInterface
public interface PushObserver {

  /** A push is about to be delivered. Called on the simulator's event loop; must not block. */
  void pushing(SimulatedAccount account, SimulatedPush push);
}
