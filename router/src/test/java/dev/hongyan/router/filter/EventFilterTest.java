package dev.hongyan.router.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.router.filter.EventFilter.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventFilterTest {
  private static final String EVENT =
      """
      {"specversion":"1.0","id":"7265","source":"/tenants/acme/accounts/shop",
       "type":"wx.mp.event.SCAN.promo","subject":"oid1","tenant":"acme","account":"shop",
       "data":{"Content":"你好 hello","CreateTime":1700000000,"Price":12.5,"Big":18446744073709551616,
         "Empty":null,"Yes":true,"Tags":["a","b","c"],"Numbers":[1,2,3],
         "Items":[{"Sku":"x","Count":2},{"Sku":"y","Count":0}],"Deep":{"er":{"est":-1}}}}
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "data.Content == '你好 hello'",
        "data.Content.contains('hello') && data.CreateTime > 1600000000",
        "data.CreateTime == 1700000000",
        "data.Price > 12 && data.Price < 12.75",
        "data.Numbers[0] + 1 == 2",
        "data.Big > 1e19",
        "data.Empty == null",
        "data.Yes",
        "!has(data.Missing)",
        "has(data.Deep.er) && data.Deep.er.est == -1",
        "data['Tags'].size() == 3",
        "'b' in data.Tags",
        "data.Content in ['x', '你好 hello']",
        "data.Tags.exists(t, t == 'c')",
        "data.Items.all(i, i.Count >= 0)",
        "data.Items.exists_one(i, i.Sku == 'x')",
        "data.Items.exists(i, i.Sku in ['x', 'z'])",
        "data.Items.exists(i, data.Tags.exists(t, t == 'a' && i.Count == 2))",
        "type.startsWith('wx.mp.') && type.matches('SCAN[.]promo$')",
        "subject == 'oid1' && account == 'shop' && tenant == 'acme'",
        "event.id == '7265' && event.data.Yes && event.type == type",
        "event.specversion == '1.0'",
        "data.Missing == 1 || true",
        "timestamp('2020-01-01T00:00:00Z').getFullYear() == 2020",
        "int('5') == 5 && data.Price > data.Numbers[1]",
      })
  void passes(String expression) throws Exception {
    assertThat(verdict(expression, EVENT)).isEqualTo(Verdict.PASSES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "false",
        "data.Content == 'hello'",
        "data.CreateTime == '1700000000'",
        "data.Items.all(i, i.Count > 0)",
        "account == 'other'",
        "has(data.Missing)",
        "data.Missing == 1 && false",
      })
  void isFiltered(String expression) throws Exception {
    assertThat(verdict(expression, EVENT)).isEqualTo(Verdict.FILTERED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data.Missing == 1",
        "data.Content.Text == 'x'",
        "data.Content > 5",
        "data.Content",
        "data.Tags[7] == 'a'",
        "1 / (data.Numbers[0] - 1) == 1",
        "data.Tags + data.Tags == data.Tags",
        "data.Empty.x",
        "data.Content.matches('(')",
        "int(data.Content) == 1",
      })
  void whatCannotBeSaidFails(String expression) throws Exception {
    assertThat(verdict(expression, EVENT)).isEqualTo(Verdict.FAILED);
  }

  @Test
  void anAttributeTheEventDoesNotHaveFails() throws Exception {
    assertThat(verdict("account == 'shop'", "{\"type\":\"app.x\"}")).isEqualTo(Verdict.FAILED);
    assertThat(verdict("!has(event.account)", "{\"type\":\"app.x\"}")).isEqualTo(Verdict.PASSES);
  }

  @Test
  void dataThatIsNoObjectIsReachedByTheEvent() throws Exception {
    assertThat(verdict("event.data == 'hello'", "{\"data\":\"hello\"}")).isEqualTo(Verdict.PASSES);
    assertThat(verdict("event.data[1] == 2", "{\"data\":[1,2]}")).isEqualTo(Verdict.PASSES);
    assertThat(verdict("data.x == 1", "{\"data\":\"hello\"}")).isEqualTo(Verdict.FAILED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "{\"type\":", "null", "{\"type\":\"x\"", "\u0000"})
  void anEventThatIsNoObjectFails(String event) throws Exception {
    assertThat(verdict("type == 'x'", event)).isEqualTo(Verdict.FAILED);
  }

  @Test
  void anEventNestedTooDeepFails() throws Exception {
    String deep = "{\"type\":\"x\",\"data\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}";
    assertThat(verdict("type == 'x'", deep)).isEqualTo(Verdict.FAILED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "data.x ==|line 1, column 10: ",
        "foo == 1|line 1, column 1: ",
        "type == 1|line 1, column 6: ",
        "type|line 1, column 1: ",
        "'a'|line 1, column 1: ",
        "type.map(x, x) == []|line 1, column",
        "data.Items.filter(i, i.Count > 0).size() > 0|line 1, column",
        "type + 'x' == 'y'|line 1, column 6: ",
        "data.x + 'x' == 'y'|line 1, column 8: ",
        "[1] + [2] == [1, 2]|line 1, column 5: ",
        "data.l.exists(a, [a, a].exists(b, b == a))|line 1, column 18: only constants",
        "data.l.all(a, {'k': a} == {'k': 1})|line 1, column 15: only constants",
        "data.l.all(a, a.all(b, b.all(c, c)))|line 1, column 29: macros nested too deep",
      })
  void whatIsNoFilterIsRefusedInOneLineThatNamesThePlace(String expression, String begins) {
    assertThatThrownBy(() -> EventFilter.compile(expression))
        .isInstanceOf(FilterException.class)
        .message()
        .startsWith(begins)
        .doesNotContain("\n")
        .hasSizeLessThan(260);
  }

  @Test
  void aPlaceOnALaterLineIsNamedToo() {
    assertThatThrownBy(() -> EventFilter.compile("type == 'x' &&\n  foo"))
        .hasMessageStartingWith("line 2, column 3: ");
  }

  @Test
  void expressionsAreBounded() {
    String longest = "true" + " ".repeat(EventFilter.LENGTH_MAX - 4);
    assertThat(compiles(longest)).isTrue();
    assertThat(compiles(longest + " ")).isFalse();
    assertThat(compiles("(".repeat(100) + "true" + ")".repeat(100))).isFalse();
    assertThat(compiles("!".repeat(4_000) + "true")).isTrue(); // one step, not 4,000 deep
    assertThat(compiles(numbers(1_100) + " == []")).isFalse();
    assertThat(compiles("data" + ".a".repeat(2_000))).isFalse();
    assertThat(compiles("data" + "[0]".repeat(1_300))).isFalse();
  }

  @Test
  void ordinaryChainsAreShortEnough() throws Exception {
    assertThat(verdict("true" + "&&true".repeat(450), "{}")).isEqualTo(Verdict.PASSES);
    assertThat(verdict("has(data.a.b.c.d.e.f.g.h.i.j) || true", "{}")).isEqualTo(Verdict.PASSES);
    assertThat(compiles("1" + "+1".repeat(450) + " == 451")).isFalse();
  }

  @Test
  void aMacrosConditionIsBounded() {
    assertThat(compiles("data.l.all(x, x == 1" + " && x == 1".repeat(10) + ")")).isTrue();
    assertThat(compiles("data.l.all(x, x == 1" + " && x == 1".repeat(25) + ")")).isFalse();
  }

  @Test
  void lookingAtTooMuchFailsWhateverTheExpressionMakesOfIt() throws Exception {
    String event =
        "{\"data\":{\"a\":"
            + numbers(400)
            + ",\"b\":"
            + numbers(400)
            + ",\"t\":\""
            + "x".repeat(9_000)
            + "\"}}";

    assertThat(verdict("data.a == data.b", event)).isEqualTo(Verdict.PASSES);
    assertThat(verdict("data.a.all(x, data.a == data.b)", event)).isEqualTo(Verdict.FAILED);
    assertThat(verdict("data.a.exists(x, data.a == data.b && false) || true", event))
        .isEqualTo(Verdict.FAILED);
    assertThat(verdict("data.a.all(x, !(-1 in data.b))", event)).isEqualTo(Verdict.FAILED);
    assertThat(verdict("data.a.all(x, data.t.contains('x'))", event)).isEqualTo(Verdict.FAILED);
    assertThat(verdict("data.a.all(x, x >= 0) && data.t.contains('x')", event))
        .isEqualTo(Verdict.PASSES);
  }

  @Test
  void everyFilterOfAnEventHasItsOwnShareOfWork() throws Exception {
    ParsedEvent event =
        new ParsedEvent(
            ("{\"data\":{\"a\":" + numbers(400) + "}}").getBytes(StandardCharsets.UTF_8));
    EventFilter greedy = EventFilter.compile("data.a.all(x, !(-1 in data.a))");
    EventFilter modest = EventFilter.compile("data.a.all(x, x >= 0)");

    assertThat(greedy.test(event)).isEqualTo(Verdict.FAILED);
    for (int i = 0; i < 100; i++) {
      assertThat(modest.test(event)).isEqualTo(Verdict.PASSES);
    }
  }

  @Test
  void macrosThatGoOnForTooLongFail() throws Exception {
    String event = "{\"data\":{\"n\":" + numbers(501) + ",\"few\":" + numbers(22) + "}}";

    assertThat(verdict("data.n.all(x, x >= 0)", event)).isEqualTo(Verdict.FAILED);
    assertThat(verdict("data.few.all(x, x >= 0)", event)).isEqualTo(Verdict.PASSES);
    assertThat(verdict("data.few.all(x, data.few.all(y, x + y >= 0))", event))
        .as("506 rounds together")
        .isEqualTo(Verdict.FAILED);
  }

  @Test
  void manyFiltersParseAnEventOnce() throws Exception {
    byte[] bytes = EVENT.getBytes(StandardCharsets.UTF_8);
    ParsedEvent event = new ParsedEvent(bytes);
    assertThat(EventFilter.compile("data.Yes").test(event)).isEqualTo(Verdict.PASSES);
    java.util.Arrays.fill(bytes, (byte) 'x'); // whoever reads them again fails
    assertThat(EventFilter.compile("data.Price > 1.0").test(event)).isEqualTo(Verdict.PASSES);
  }

  @Test
  void anEventNobodyAsksAboutIsNotParsed() throws Exception {
    assertThat(verdict("true", "not json")).isEqualTo(Verdict.PASSES);
  }

  private static String numbers(int count) {
    return IntStream.range(0, count)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static boolean compiles(String expression) {
    try {
      EventFilter unused = EventFilter.compile(expression);
      return true;
    } catch (FilterException e) {
      return false;
    }
  }

  private static Verdict verdict(String expression, String event) throws FilterException {
    return EventFilter.compile(expression).test(event.getBytes(StandardCharsets.UTF_8));
  }
}
