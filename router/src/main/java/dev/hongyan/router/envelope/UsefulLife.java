package dev.hongyan.router.envelope;

import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a message is of use, as one tenant and WeChat have it. What a tenant says comes first.
 * Else: a {@code WelcomeCode} (WeCom, add_external_contact) can be used for about 20 s; a user's
 * message opens the customer-service window for 48 h, after which nobody can answer it any more.
 * For one thread.
 */
public final class UsefulLife {
  private static final Logger LOG = LoggerFactory.getLogger(UsefulLife.class);
  private static final Duration WELCOME = Duration.ofSeconds(20);
  private static final Duration CUSTOMER_SERVICE = Duration.ofHours(48);
  private static final byte[] WELCOME_CODE =
      "\"WelcomeCode\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final TopicPattern NEW_CONTACT =
      TopicPattern.parse("wx.wecom.event.change_external_contact.add_external_contact.#");
  private static final List<TopicPattern> FROM_USERS =
      List.of(TopicPattern.parse("wx.mp.message.#"), TopicPattern.parse("wx.mini.message.#"));
  private static final int REMEMBERED = 256;

  private final List<Rule> rules;
  private final Map<String, Kind> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kind> eldest) {
          return size() > REMEMBERED;
        }
      };

  private record Rule(TopicPattern match, @Nullable Duration life) {}

  /** What a topic alone tells: {@code millis} 0 for ever, {@code welcome} when the data decides. */
  private record Kind(long millis, boolean welcome) {}

  public UsefulLife(Tenant tenant) {
    rules = new ArrayList<>();
    for (Tenant.Lifetime l : tenant.lifetimes()) {
      String problem = TopicPattern.problemWith(l.match());
      if (problem == null) {
        rules.add(new Rule(TopicPattern.parse(l.match()), l.life()));
      } else {
        LOG.warn("{}: ttl.match {}", tenant.id(), problem);
      }
    }
  }

  /**
   * When a message becomes useless, ms since 1970; 0 for never.
   *
   * @param data what WeChat sent, as JSON
   */
  public long deadlineMillis(String topic, byte[] data, long nowMillis) {
    Kind kind = remembered.get(topic);
    if (kind == null) {
      kind = kindOf(topic);
      remembered.put(topic, kind);
    }
    long life = kind.welcome && holds(data, WELCOME_CODE) ? WELCOME.toMillis() : kind.millis;
    return life == 0 ? 0 : nowMillis + life;
  }

  private Kind kindOf(String topic) {
    for (Rule r : rules) {
      if (r.match.matches(topic)) {
        return new Kind(r.life == null ? 0 : Math.max(1, r.life.toMillis()), false);
      }
    }
    for (TopicPattern p : FROM_USERS) {
      if (p.matches(topic)) {
        return new Kind(CUSTOMER_SERVICE.toMillis(), false);
      }
    }
    return new Kind(0, NEW_CONTACT.matches(topic));
  }

  private static boolean holds(byte[] data, byte[] what) {
    for (int i = 0; i + what.length < data.length; i++) {
      int n = 0;
      while (n < what.length && data[i + n] == what[n]) {
        n++;
      }
      if (n == what.length && data[i + n] != '"') { // not an empty one
        return true;
      }
    }
    return false;
  }
}
