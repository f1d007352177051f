package dev.hongyan.router.plan;

import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Route;

/** Where answers to pushes go. Called on the owner's event loop; must not block. */
public interface Answers {
  /** For a node that answers nothing. */
  Answers NONE =
      new Answers() {
        @Override
        public void answered(Route route, LogEntry entry, byte[] body) {}

        @Override
        public void hinted(String hint) {}
      };

  /**
   * A destination took a message of a reply route.
   *
   * @param body what it said, at most 16 KiB of it; usually nothing
   */
  void answered(Route route, LogEntry entry, byte[] body);

  /** Another process, or this one, told something on {@code Keys.REPLIES}. */
  void hinted(String hint);
}
