package dev.hongyan.wechat.xml;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.document.MalformedDocument;
import dev.hongyan.wechat.document.MalformedDocument.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class XmlReaderTest {
  @Test
  void everyFieldKeepsItsNameAndRepeatedOnesBecomeArraysWhereverTheyStand() throws Exception {
    assertThat(
            json(
                "<xml><a>1</a><b/><a>2</a><c><d>x</d></c><a><e>3</e></a>"
                    + "<PicList><item><PicMd5Sum>p</PicMd5Sum></item></PicList></xml>"))
        .isEqualTo(
            "{\"a\":[\"1\",\"2\",{\"e\":\"3\"}],\"b\":\"\",\"c\":{\"d\":\"x\"},"
                + "\"PicList\":{\"item\":[{\"PicMd5Sum\":\"p\"}]}}");
  }

  @Test
  void numbersAreNumbersOnlyWhereWeChatDefinesThemSoAndTheyReadAsSuch() throws Exception {
    assertThat(
            json(
                "<xml><CreateTime> 1</CreateTime><TimeStamp>2</TimeStamp><MsgId>3</MsgId>"
                    + "<Latitude>23.134521</Latitude><Scale>007</Scale><Other>4</Other></xml>"))
        .isEqualTo(
            "{\"CreateTime\":\" 1\",\"TimeStamp\":2,\"MsgId\":\"3\","
                + "\"Latitude\":23.134521,\"Scale\":\"007\",\"Other\":\"4\"}");
  }

  @Test
  void textIsPutTogetherFromAllItsPieces() throws Exception {
    assertThat(
            json(
                "\ufeff<?xml version=\"1.0\"?><!-- c --><xml a='1' b=\"&x;\"> <t> a&lt;&#x4f60;"
                    + "<![CDATA[<&lt;]]]]><![CDATA[>\r\n]]><!-- > -->b\r&#13;<?pi ?>c </t > </xml>\n"))
        .isEqualTo("{\"t\":\" a<你<&lt;]]>\\nb\\n\\rc \"}");
  }

  @Test
  void textBetweenElementsIsNotLost() throws Exception {
    assertThat(json("<xml>a<b>1</b> <c>2</c>d</xml>"))
        .isEqualTo("{\"#text\":[\"a\",\"d\"],\"b\":\"1\",\"c\":\"2\"}");
  }

  @Test
  void controlCharactersOfAUserDoNotLoseTheMessage() throws Exception {
    assertThat(json("<xml><Content>a\u0008\u001fb</Content></xml>"))
        .isEqualTo("{\"Content\":\"a\\b\\u001fb\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DOCTYPE|<!DOCTYPE xml><xml/>",
        "DOCTYPE|<?xml version='1.0'?> <!doctype xml><xml/>",
        "DOCTYPE|<xml><!ENTITY a 'b'></xml>",
        "DOCTYPE|<![CDATA[x]]><xml/>",
        "DOCTYPE|<xml/><!ELEMENT a>",
        "ENTITY|<xml><a>&x;</a></xml>",
        "ENTITY|<xml><a>&</a></xml>",
        "ENTITY|<xml><a>&amp</a></xml>",
        "ENTITY|<xml><a>&#0;</a></xml>",
        "ENTITY|<xml><a>&#xd800;</a></xml>",
        "ENTITY|<xml><a>&#x110000;</a></xml>",
        "ENTITY|<xml><a>&#99999999999999;</a></xml>",
        "ENTITY|<xml><a>&#x;</a></xml>",
        "ENTITY|<xml><a>&apox;</a></xml>",
        "SYNTAX|<xml><a></xml>",
        "SYNTAX|<xml><a></b></xml>",
        "SYNTAX|<xml><1/></xml>",
        "SYNTAX|<xml a></xml>",
        "SYNTAX|<xml a=1></xml>",
        "SYNTAX|<xml a='<'></xml>",
        "SYNTAX|<xml><a b='1'c='2'/></xml>",
        "SYNTAX|<xml></ xml>",
        "SYNTAX|<xml></xmlx>",
        "SYNTAX|text",
        "SYNTAX|<xml><!-- a -- b --></xml>",
        "TRAILING|<xml/><xml/>",
        "SYNTAX|<xml/>text",
        "EMPTY|''",
        "EMPTY|' '",
        "EMPTY|<!-- nothing -->"
      })
  void whatIsNotOnePlainDocumentIsRefused(Reason reason, String xml) {
    assertThat(refusal(xml.getBytes(UTF_8))).isEqualTo(reason);
  }

  @Test
  void everyBeginningOfADocumentIsTruncatedOrEmpty() {
    byte[] whole =
        "<?xml version='1.0'?><!-- c --><xml a='1'><b>t&lt;&#12;</b><c><![CDATA[]]]]></c><d/></xml>"
            .getBytes(UTF_8);
    for (int length = 0; length < whole.length; length++) {
      byte[] part = java.util.Arrays.copyOf(whole, length);
      assertThat(refusal(part))
          .as("first %d bytes", length)
          // A cut inside "<!-" or "<![CDA" cannot be told from a declaration.
          .isIn(Reason.TRUNCATED, Reason.EMPTY, Reason.DOCTYPE);
    }
  }

  @Test
  void billionsOfLaughsEndAtTheDoctype() {
    StringBuilder xml = new StringBuilder("<!DOCTYPE lolz [<!ENTITY a \"lol\">");
    for (char c = 'b'; c <= 'k'; c++) {
      xml.append("<!ENTITY ").append(c).append(" \"");
      xml.append(("&" + (char) (c - 1) + ";").repeat(10)).append("\">");
    }
    assertThat(refusal((xml + "]><lolz>&k;</lolz>").getBytes(UTF_8))).isEqualTo(Reason.DOCTYPE);
  }

  @Test
  void nestingIsLimited() throws Exception {
    assertThat(json("<a>".repeat(32) + "</a>".repeat(32))).contains("\"a\"");
    assertThat(refusal(("<a>".repeat(33) + "</a>".repeat(33)).getBytes(UTF_8)))
        .isEqualTo(Reason.DEPTH);
    assertThat(refusal("<a>".repeat(300_000).getBytes(UTF_8))).isEqualTo(Reason.DEPTH);
  }

  @Test
  void numbersOfElementsAndOfNamesAreLimited() throws Exception {
    assertThat(json("<xml>" + "<a/>".repeat(4095) + "</xml>"))
        .hasSize("{\"a\":[]}".length() + 4095 * 3 - 1);
    assertThat(refusal(("<xml>" + "<a/>".repeat(4096) + "</xml>").getBytes(UTF_8)))
        .isEqualTo(Reason.COUNT);
    StringBuilder names = new StringBuilder("<xml>");
    for (int i = 0; i <= Document.NAMES_MAX; i++) {
      names.append("<n").append(i).append("/>");
    }
    assertThat(refusal((names + "</xml>").getBytes(UTF_8))).isEqualTo(Reason.COUNT);
  }

  @Test
  void aDocumentOverOneMebibyteIsRefusedUnread() {
    assertThat(refusal(new byte[Document.LENGTH_MAX + 1])).isEqualTo(Reason.LENGTH);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0080",
        "\u00c0\u0080",
        "\u00c1\u00bf",
        "\u00e0\u009f\u00bf",
        "\u00ed\u00a0\u0080",
        "\u00f0\u008f\u00bf\u00bf",
        "\u00f4\u0090\u0080\u0080",
        "\u00f5\u0080\u0080\u0080",
        "\u00ff",
        "\u00e4\u00bd",
        "\u00c3",
        "\u0000",
        "\u00c3("
      })
  void bytesThatAreNotUtf8AreRefused(String latin1) {
    for (String pad : new String[] {"", "1234567", "12345678", "0123456789abcdef"}) {
      byte[] xml = ("<xml>" + pad + latin1 + "</xml>").getBytes(ISO_8859_1);
      assertThat(refusal(xml)).isEqualTo(Reason.ENCODING);
    }
  }

  @Test
  void aRefusalIsCheapAndSaysNothingOfTheContent() {
    MalformedDocument refusal =
        catchThrowableOfType(
            MalformedDocument.class, () -> XmlReader.parse("<secret".getBytes(UTF_8)));

    assertThat(refusal.getStackTrace()).isEmpty();
    assertThat(refusal).hasMessageNotContaining("secret");
  }

  @Test
  void whatIsWrittenIsReadBack() throws Exception {
    String value = "a]]>b]]]]>>&<![CDATA[\u0001\uffff😀\n";
    byte[] xml = new XmlWriter().text("t", value).number("n", -5).open("o").close("o").toBytes();

    Document document = XmlReader.parse(xml);

    // Without the two characters that XML 1.0 cannot carry.
    assertThat(document.text("t")).isEqualTo("a]]>b]]]]>>&<![CDATA[😀\n");
    assertThat(document.text("n")).isEqualTo("-5");
    assertThat(document.text("o")).isEmpty();
    assertThat(document.text("p")).isNull();
  }

  private static String json(String xml) throws MalformedDocument {
    return new String(XmlReader.toJson(xml.getBytes(UTF_8)), UTF_8);
  }

  private static Reason refusal(byte[] xml) {
    MalformedDocument refusal =
        catchThrowableOfType(MalformedDocument.class, () -> XmlReader.parse(xml));
    assertThat(refusal).isNotNull();
    return refusal.reason();
  }
}
