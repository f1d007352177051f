package dev.hongyan.wechat.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.event.EventType.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EventCatalogTest {
  private final EventCatalog catalog = EventCatalog.standard();

  static Stream<Arguments> events() throws IOException {
    try (InputStream in = EventCatalog.class.getResourceAsStream("event-catalog.json")) {
      JsonNode events = new ObjectMapper().readTree(in).get("events");
      return StreamSupport.stream(events.spliterator(), false)
          .map(event -> Arguments.of(event.get("event").asText(), event))
          .toList()
          .stream();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("events")
  void everyEntryIsFoundByItsNameInAnyCase(String name, JsonNode entry) {
    String products = entry.get("product").asText();
    Kind kind =
        switch (products) {
          case "open-platform", "wecom-suite" -> Kind.NOTICE;
          case "wecom-aibot" -> Kind.BOT_EVENT;
          default -> Kind.EVENT;
        };
    Product product =
        products.startsWith("official")
            ? Product.MP
            : products.startsWith("wecom")
                ? Product.WECOM
                : products.startsWith("open") ? Product.OPEN : Product.MINI;

    for (String spelling :
        new String[] {name, name.toUpperCase(Locale.ROOT), name.toLowerCase(Locale.ROOT)}) {
      EventType found = catalog.find(product, kind, spelling);
      assertThat(found).isNotNull();
      assertThat(found.products()).contains(product);
      assertThat(found.kind()).isEqualTo(kind);
      if (found.name().equals(name)) {
        assertThat(found.dedupeFields())
            .containsExactlyElementsOf(
                StreamSupport.stream(entry.get("dedup").spliterator(), false)
                    .map(JsonNode::asText)
                    .toList());
      }
    }
  }

  @Test
  void theWholeFileIsThere() throws IOException {
    assertThat(catalog.types()).hasSize((int) events().count()).hasSizeGreaterThan(150);
  }

  @Test
  void anUnknownEventIsUnknownAndWeComIsApart() {
    assertThat(catalog.find(Product.MP, Kind.EVENT, "never_heard_of")).isNull();
    assertThat(catalog.find(Product.WECOM, Kind.EVENT, "MASSSENDJOBFINISH")).isNull();
    assertThat(catalog.find(Product.MP, Kind.EVENT, "kf_msg_or_event")).isNull();
    assertThat(catalog.find(Product.MP, Kind.EVENT, "component_verify_ticket")).isNull();
    // Accounts behind a component send their own events to it.
    assertThat(catalog.find(Product.OPEN, Kind.EVENT, "scan")).isNotNull();
  }
}
