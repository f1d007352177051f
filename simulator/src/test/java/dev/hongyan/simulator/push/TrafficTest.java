package dev.hongyan.simulator.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.simulator.user.SimulatedUsers;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.document.JsonReader;
import dev.hongyan.wechat.document.JsonWriter;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.SecurityMode;
import dev.hongyan.wechat.xml.XmlReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrafficTest {
  private static final String KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  private final ManualTime time = new ManualTime(1_790_000_000_000L);

  private PushComposer composer(Product product, BodyFormat format) {
    SimulatedAccount account =
        SimulatedAccount.builder(
                product, "wx1111111111111111", "token", URI.create("http://localhost/wx/a/b"))
            .format(format)
            .mode(SecurityMode.ENCRYPTED)
            .encodingAesKey(KEY)
            .build();
    return new PushComposer(account, time, new AtomicLong());
  }

  private Traffic traffic(Product product, BodyFormat format, long seed, String... only) {
    SplittableRandom random = new SplittableRandom(seed);
    return new Traffic(
        composer(product, format),
        product,
        SimulatedUsers.random(product, 10, random),
        random,
        Set.of(only));
  }

  private static List<String> inner(Traffic traffic, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new String(traffic.next().inner(), StandardCharsets.UTF_8))
        .toList();
  }

  private static JsonObject fields(SimulatedPush push) throws Exception {
    byte[] inner = push.inner();
    byte[] json =
        inner[0] == '<' ? XmlReader.toJson(inner) : new JsonWriter().write(JsonReader.parse(inner));
    return new JsonObject(Buffer.buffer(json));
  }

  @Test
  void theSameSeedGivesTheSameTrafficAndAnotherSeedAnother() {
    List<String> first = inner(traffic(Product.MP, BodyFormat.XML, 7), 300);

    assertThat(inner(traffic(Product.MP, BodyFormat.XML, 7), 300)).isEqualTo(first);
    assertThat(inner(traffic(Product.MP, BodyFormat.XML, 8), 300)).isNotEqualTo(first);
  }

  @ParameterizedTest
  @CsvSource({"MP,XML", "MINI,XML", "MINI,JSON", "WECOM,XML", "OPEN,XML"})
  void everyPushCarriesItsNumberAndNumbersGrow(Product product, BodyFormat format)
      throws Exception {
    Traffic traffic = traffic(product, format, 3);
    long last = 0;
    for (int i = 0; i < 1000; i++) {
      SimulatedPush push = traffic.next();
      assertThat(push.number()).isGreaterThan(last);
      assertThat(PushNumber.find(fields(push)))
          .as("%s", new String(push.inner(), StandardCharsets.UTF_8))
          .hasValue(push.number());
      last = push.number();
    }
  }

  @Test
  void noUserHasTwoUnnumberedEventsInOneSecond() {
    Traffic traffic = traffic(Product.MP, BodyFormat.XML, 5, "LOCATION");
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      SimulatedPush push = traffic.next();
      assertThat(seen.add(push.openid() + push.createTime())).isTrue();
    }
  }

  @Test
  void trafficIsRestrictedToWhatWasAskedFor() {
    Traffic traffic = traffic(Product.MP, BodyFormat.XML, 1, "text", "scan");
    Set<String> types = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      types.add(traffic.next().type());
    }
    assertThat(types).containsExactlyInAnyOrder("text", "SCAN");
    assertThatThrownBy(() -> traffic(Product.MP, BodyFormat.XML, 1, "no_such_type"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no_such_type");
  }

  @Test
  void caseTellsTheLocationMessageFromTheLocationEvent() {
    assertThat(traffic(Product.MP, BodyFormat.XML, 1, "LOCATION").next().kind())
        .isEqualTo(Draft.Kind.EVENT);
    assertThat(traffic(Product.MP, BodyFormat.XML, 1, "location").next().kind())
        .isEqualTo(Draft.Kind.MESSAGE);
  }

  @Test
  void openidsOfAnAccountBeginAlikeAndAreUnique() {
    List<SimulatedUser> users =
        SimulatedUsers.random(Product.MP, 1000, new SplittableRandom(1)).all();
    assertThat(users).extracting(SimulatedUser::openid).doesNotHaveDuplicates();
    assertThat(users)
        .allMatch(user -> user.openid().length() == 28)
        .allMatch(user -> user.openid().startsWith(users.get(0).openid().substring(0, 6)));
  }

  @Test
  void aSingleListEntryIsAnObjectInJsonAndSeveralAreAnArray() {
    PushComposer composer = composer(Product.MINI, BodyFormat.JSON);
    Events.TemplateChoice choice = new Events.TemplateChoice("t1", true);
    SimulatedUser user = new SimulatedUser("ouser");

    assertThat(written(composer.compose(user, Events.subscribeMsgPopup(List.of(choice)))))
        .contains("\"List\":{\"TemplateId\":\"t1\"")
        .doesNotContain("SubscribeMsgPopupEvent\":");
    assertThat(written(composer.compose(user, Events.subscribeMsgPopup(List.of(choice, choice)))))
        .contains("\"List\":[{\"TemplateId\":\"t1\"");
  }

  @Test
  void listEntriesAreSiblingsInXml() {
    PushComposer composer = composer(Product.MP, BodyFormat.XML);
    Events.TemplateChoice choice = new Events.TemplateChoice("t1", false);

    assertThat(
            written(
                composer.compose(
                    new SimulatedUser("ouser"), Events.subscribeMsgPopup(List.of(choice, choice)))))
        .contains("<SubscribeMsgPopupEvent><List><TemplateId>")
        .contains("</List><List>");
  }

  @Test
  void textSurvivesWhateverItContains() throws Exception {
    String text = "a]]>b]]]]>>&<x/>\"\\ 😀𠮷";
    for (BodyFormat format : BodyFormat.values()) {
      SimulatedPush push =
          composer(Product.MINI, format).compose(new SimulatedUser("ouser"), Messages.text(text));
      assertThat(fields(push).getString("Content")).isEqualTo(text);
    }
  }

  private static String written(SimulatedPush push) {
    return new String(push.inner(), StandardCharsets.UTF_8);
  }
}
