package dev.hongyan.router.spool;

import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.NewMessage;
import java.nio.charset.StandardCharsets;

/** Messages for tests. */
final class Pushes {
  private Pushes() {}

  static NewMessage push(String tenant, String subject, long n) {
    return push(tenant, subject, n, "{\"n\":" + n + "}");
  }

  static NewMessage push(String tenant, String subject, long n, String event) {
    return new NewMessage(
        tenant,
        new EntryHeader(n, "wx.mp.message.text", subject, 1_700_000_000_000L + n, 0),
        "shop",
        "key-" + subject + "-" + n,
        event.getBytes(StandardCharsets.UTF_8));
  }

  static boolean same(NewMessage a, NewMessage b) {
    return a.tenant().equals(b.tenant())
        && a.header().equals(b.header())
        && String.valueOf(a.account()).equals(String.valueOf(b.account()))
        && String.valueOf(a.dedupeKey()).equals(String.valueOf(b.dedupeKey()))
        && java.util.Arrays.equals(a.event(), b.event());
  }
}
