package dev.hongyan.simulator.api;

import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Temporary media of all accounts, in memory, for three days; the oldest go first when it is full.
 * Thread-safe.
 */
final class MediaShelf {
  private static final long LIFE_MILLIS = Duration.ofDays(3).toMillis();
  private static final int LETTERS = 64;
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

  private final ApiTime time;
  private final RandomGenerator random;
  private final long bytesMax;
  private final Map<String, Medium> media = new LinkedHashMap<>();
  private long bytes;

  MediaShelf(ApiTime time, RandomGenerator random, long bytesMax) {
    this.time = time;
    this.random = random;
    this.bytesMax = bytesMax;
  }

  /** Types of temporary media and the most bytes of each. */
  enum Type {
    IMAGE(10 << 20, "image/jpeg"),
    VOICE(2 << 20, "audio/amr"),
    VIDEO(10 << 20, "video/mp4"),
    THUMB(64 << 10, "image/jpeg");

    final int bytesMax;
    final String contentType;

    Type(int bytesMax, String contentType) {
      this.bytesMax = bytesMax;
      this.contentType = contentType;
    }

    static @Nullable Type of(@Nullable String word) {
      for (Type type : values()) {
        if (type.word().equals(word)) {
          return type;
        }
      }
      return null;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** One medium. */
  record Medium(
      String id,
      String appId,
      Type type,
      String contentType,
      String fileName,
      Buffer data,
      long createdAtMillis) {
    @Override
    public String toString() {
      return "Medium[" + type + ", " + data.length() + " bytes]";
    }
  }

  synchronized Medium put(
      String appId, Type type, String contentType, String fileName, Buffer data) {
    StringBuilder id = new StringBuilder(LETTERS);
    for (int i = 0; i < LETTERS; i++) {
      id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    Medium medium =
        new Medium(id.toString(), appId, type, contentType, fileName, data, time.nowMillis());
    media.put(medium.id(), medium);
    bytes += data.length();
    trim();
    return medium;
  }

  /** An account's medium; null if it is another's, was never there or is gone. */
  synchronized @Nullable Medium find(String appId, String id) {
    Medium medium = find(id);
    return medium != null && medium.appId().equals(appId) ? medium : null;
  }

  /** Whosever medium it is: who has the id may see it, as with WeChat's links to videos. */
  synchronized @Nullable Medium find(String id) {
    trim();
    return media.get(id);
  }

  private void trim() {
    long oldest = time.nowMillis() - LIFE_MILLIS;
    Iterator<Medium> each = media.values().iterator();
    while (each.hasNext()) {
      Medium medium = each.next();
      if (bytes <= bytesMax && medium.createdAtMillis() > oldest) {
        return;
      }
      bytes -= medium.data().length();
      each.remove();
    }
  }
}
