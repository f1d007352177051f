package dev.hongyan.gateway.proxy;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.access.ApiKeys;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls with a user's own token, which SDKs make without a key of ours: {@code /sns/userinfo},
 * {@code /sns/auth} and {@code /sns/oauth2/refresh_token}. Nothing of ours goes with them, and what
 * is ours does not go out in the place of the user's token. Anybody can make them, so an address
 * whose calls WeChat keeps refusing has to wait: {@value #REFUSED_MAX} a minute are free (a service
 * whose users' tokens have ended asks often).
 *
 * <p>For one event loop; remembers 10,000 addresses at most.
 */
final class UserCalls {
  static final int REFUSED_MAX = 300;
  private static final int REMEMBERED_MAX = 10_000;
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final StandIns standIns;
  private final Clock clock;
  private final Map<String, Refused> refused =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Refused> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  private static final class Refused {
    long until;
    int count;
  }

  UserCalls(StandIns standIns, Clock clock) {
    this.standIns = standIns;
    this.clock = clock;
  }

  /** Whether the call may go out; answers it if not. */
  boolean isSound(ProxyCall call, Account account) {
    HttpServerRequest http = call.http;
    String query = http.query();
    String appId = RawQuery.first(query, RawQuery.APPID);
    String token = RawQuery.first(query, RawQuery.ACCESS_TOKEN);
    String refresh = RawQuery.first(query, RawQuery.REFRESH_TOKEN);
    if (http.method() != HttpMethod.GET) {
      call.refuse(Refusal.NOT_ALLOWED, "GET is expected");
    } else if (isNone(token) && isNone(refresh)) {
      call.refuse(Refusal.NONE_GIVEN, "access_token missing");
    } else if (isOurs(call, token) || isOurs(call, refresh)) {
      call.refuse(Refusal.UNKNOWN, "invalid access_token: a user's own is expected here");
    } else if (appId != null && !appId.equals(account.appId())) {
      call.refuse(Refusal.WRONG_APPID, "invalid appid");
    } else if (mustWait(address(http))) {
      call.refuse(Refusal.QUOTA, "too many tokens that are not good, wait");
    } else {
      return true;
    }
    return false;
  }

  /** Notes what WeChat said. */
  void answered(HttpServerRequest http, int errcode) {
    if (errcode == 0) {
      return;
    }
    Refused here = refused.computeIfAbsent(address(http), a -> new Refused());
    long now = clock.nanos();
    if (here.count == 0 || here.until - now <= 0) {
      here.count = 0;
      here.until = now + MINUTE_NANOS;
    }
    here.count++;
  }

  private boolean mustWait(String address) {
    Refused before = refused.get(address);
    return before != null && before.count >= REFUSED_MAX && before.until - clock.nanos() > 0;
  }

  private boolean isOurs(ProxyCall call, @Nullable String token) {
    return token != null
        && (ApiKeys.tenantOf(token) != null
            || standIns.digestOf(call.path.tenant(), call.path.account(), token) != null);
  }

  private static boolean isNone(@Nullable String token) {
    return token == null || token.isEmpty();
  }

  private static String address(HttpServerRequest http) {
    String address = http.remoteAddress() == null ? null : http.remoteAddress().hostAddress();
    return address == null ? "" : address;
  }
}
