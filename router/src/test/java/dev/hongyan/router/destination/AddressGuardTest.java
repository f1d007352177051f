package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AddressGuardTest {
  private final ManualTime time = new ManualTime(1_700_000_000_000L);
  private final Map<String, List<String>> zone = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final AddressGuard guard = new AddressGuard(this::resolve, time, false);

  @Test
  void aPublicNameGivesItsAddress() {
    zone.put("d.test", List.of("8.8.8.8"));

    assertThat(guard.check("d.test").result().getHostAddress()).isEqualTo("8.8.8.8");
  }

  @Test
  void oneAddressOfTheWrongKindRefusesTheName() {
    zone.put("d.test", List.of("8.8.8.8", "2606:4700::1111", "169.254.169.254"));

    assertThat(guard.check("d.test").cause()).isInstanceOf(AddressGuard.Refused.class);
  }

  @Test
  void literalsAreCheckedWithoutAskingAnybody() {
    assertThat(guard.check("0x7f.1").cause()).isInstanceOf(AddressGuard.Refused.class);
    assertThat(guard.check("[::1]").cause()).isInstanceOf(AddressGuard.Refused.class);
    assertThat(guard.check("999.1").cause()).isInstanceOf(IllegalArgumentException.class);
    assertThat(guard.check("1.1").result().getHostAddress()).isEqualTo("1.0.0.1");
    assertThat(asked).isEmpty();
  }

  @Test
  void aNameIsNotAskedForAgainForThirtySeconds() {
    zone.put("d.test", List.of("8.8.8.8"));
    assertThat(guard.check("d.test").succeeded()).isTrue();
    zone.put("d.test", List.of("127.0.0.1"));

    time.advance(Duration.ofMillis(29_999));
    assertThat(guard.check("d.test").result().getHostAddress()).isEqualTo("8.8.8.8");
    time.advance(Duration.ofMillis(1));
    assertThat(guard.check("d.test").cause()).isInstanceOf(AddressGuard.Refused.class);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aNameThatWasNotFoundIsAskedForAgainSoon() {
    assertThat(guard.check("d.test").cause()).isInstanceOf(UnknownHostException.class);
    zone.put("d.test", List.of("8.8.8.8"));

    assertThat(guard.check("d.test").failed()).isTrue();
    time.advance(Duration.ofSeconds(3));
    assertThat(guard.check("d.test").succeeded()).isTrue();
  }

  @Test
  void manyWaitForOneAnswer() {
    Promise<List<InetAddress>> slow = Promise.promise();
    AddressGuard waiting =
        new AddressGuard(
            name -> {
              asked.add(name);
              return slow.future();
            },
            time,
            true);
    Future<InetAddress> first = waiting.check("d.test");
    Future<InetAddress> second = waiting.check("d.test");

    assertThat(first.isComplete()).isFalse();
    slow.complete(List.of(address("127.0.0.1")));
    assertThat(first.succeeded() && second.succeeded()).isTrue();
    assertThat(asked).hasSize(1);
  }

  @Test
  void anAddressThatCannotBeReachedGivesWayToTheNext() {
    zone.put("d.test", List.of("2606:4700::1111", "8.8.8.8", "8.8.4.4"));

    InetAddress first = guard.check("d.test").result();
    assertThat(first.getHostAddress()).isEqualTo("8.8.8.8"); // IPv4 goes first
    guard.unreachable("d.test", first);
    guard.unreachable("d.test", first); // many attempts may say so of the same one
    assertThat(guard.check("d.test").result().getHostAddress()).isEqualTo("8.8.4.4");
  }

  @Test
  void everythingGoesWherePrivateAddressesAreAllowed() {
    zone.put("d.test", List.of("10.0.0.1"));
    AddressGuard open = new AddressGuard(this::resolve, time, true);

    assertThat(open.check("d.test").succeeded()).isTrue();
    assertThat(open.check("127.1").result().getHostAddress()).isEqualTo("127.0.0.1");
  }

  private Future<List<InetAddress>> resolve(String name) {
    asked.add(name);
    List<String> found = zone.get(name);
    return found == null
        ? Future.failedFuture(new UnknownHostException(name))
        : Future.succeededFuture(found.stream().map(AddressGuardTest::address).toList());
  }

  private static InetAddress address(String text) {
    return PublicAddress.literal(text.contains(":") ? "[" + text + "]" : text);
  }
}
