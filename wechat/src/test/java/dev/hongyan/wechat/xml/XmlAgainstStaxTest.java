package dev.hongyan.wechat.xml;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hongyan.wechat.Vectors;
import java.io.ByteArrayInputStream;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamReader;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Our scanner against the parser of the JDK, on generated documents. */
class XmlAgainstStaxTest {
  /** Names without a meaning for our JSON, so that the comparison needs no knowledge of it. */
  private static final List<String> NAMES = List.of("a", "b", "Content", "x-y.z_1", "A", "aa");

  @Property(tries = 2000)
  void ourReaderSeesWhatStaxSees(@ForAll("documents") String xml) throws Exception {
    byte[] bytes = xml.getBytes(UTF_8);

    assertThat(Vectors.json(XmlReader.toJson(bytes))).isEqualTo(stax(bytes));
  }

  @Provide
  Arbitrary<String> documents() {
    Arbitrary<String> name = Arbitraries.of(NAMES);
    Arbitrary<String> attributes = Arbitraries.of("", "", " q='1'", " q=\"a&gt;b\"  r = '' ", "\n");
    Arbitrary<String> leaf =
        net.jqwik.api.Combinators.combine(name, attributes, text())
            .as((n, a, t) -> "<" + n + a + ">" + t + "</" + n + ">");
    Arbitrary<String> empty = name.map(n -> "<" + n + " />");
    Arbitrary<String> element =
        Arbitraries.recursive(
            () -> Arbitraries.oneOf(leaf, empty),
            inner ->
                net.jqwik.api.Combinators.combine(name, gap(), inner.list().ofSize(3), gap())
                    .as(
                        (n, g, list, h) ->
                            "<" + n + ">" + g + String.join(h, list) + g + "</" + n + " >"),
            0,
            3);
    return net.jqwik.api.Combinators.combine(
            Arbitraries.of("", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!-- x -->"),
            element.list().ofMinSize(1).ofMaxSize(6),
            gap())
        .as((p, list, g) -> p + "<xml>" + g + String.join(g, list) + "</xml>" + g);
  }

  private static Arbitrary<String> gap() {
    return Arbitraries.of("", "\n", " \r\n\t", "<!-- c -->", "<?p i?>");
  }

  private static Arbitrary<String> text() {
    Arbitrary<String> plain =
        Arbitraries.strings()
            .withCharRange('a', 'e')
            .withChars('\n', '\r', ' ', '"', '\\', '\t', '你', '\u00e9', '>', '\u007f', '/')
            .ofMaxLength(12)
            .map(s -> s.replace("]]>", ""));
    Arbitrary<String> cdata =
        Arbitraries.strings()
            .withChars('<', '&', ']', '>', 'a', '\r', '\n', '你')
            .ofMaxLength(10)
            .map(s -> "<![CDATA[" + s.replace("]]>", "") + "]]>");
    Arbitrary<String> reference =
        Arbitraries.of(
            "&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#65;", "&#x1F600;", "&#10;", "&#13;");
    return Arbitraries.oneOf(plain, cdata, reference, Arbitraries.of("<!-- c -->", "😀"))
        .list()
        .ofMaxSize(4)
        .map(list -> String.join("", list));
  }

  private static JsonNode stax(byte[] xml) throws Exception {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, false);
    XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(xml), "UTF-8");
    while (reader.next() != XMLStreamConstants.START_ELEMENT) {
      // Prolog.
    }
    return element(reader);
  }

  private static JsonNode element(XMLStreamReader reader) throws Exception {
    ObjectNode children = JsonNodeFactory.instance.objectNode();
    StringBuilder text = new StringBuilder();
    while (true) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          String name = reader.getLocalName();
          JsonNode child = element(reader);
          JsonNode present = children.get(name);
          if (present == null) {
            children.set(name, child);
          } else if (present instanceof ArrayNode array) {
            array.add(child);
          } else {
            children.set(name, JsonNodeFactory.instance.arrayNode().add(present).add(child));
          }
        }
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE ->
            text.append(reader.getText());
        case XMLStreamConstants.END_ELEMENT -> {
          return children.isEmpty() ? JsonNodeFactory.instance.textNode(text.toString()) : children;
        }
        default -> {}
      }
    }
  }
}
