package dev.hongyan.router.log;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Messages for tests. */
public final class Messages {
  private Messages() {}

  public static EntryHeader header(long id) {
    return new EntryHeader(id, "wx.mp.message.text", "o" + id, 1_700_000_000_000L + id, 0);
  }

  public static NewMessage message(String tenant, long id, @Nullable String key) {
    return new NewMessage(tenant, header(id), key == null ? null : "shop", key, event(id));
  }

  public static LogEntry entry(String tenant, String epoch, long seq) {
    return new LogEntry(tenant, epoch, seq, header(seq), event(seq));
  }

  public static byte[] event(long id) {
    return ("{\"id\":\"" + id + "\"}").getBytes(StandardCharsets.UTF_8);
  }
}
