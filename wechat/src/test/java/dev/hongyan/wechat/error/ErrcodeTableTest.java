package dev.hongyan.wechat.error;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.wechat.Product;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class ErrcodeTableTest {
  private final ErrcodeTable table = ErrcodeTable.standard();

  @Test
  void everyEntryOfTheFileIsClassifiedAsItSays() throws Exception {
    try (InputStream in = ErrcodeTable.class.getResourceAsStream("errcode-classes.json")) {
      JsonNode codes = new ObjectMapper().readTree(in).get("codes");
      assertThat(codes.size()).isGreaterThan(100);
      for (JsonNode code : codes) {
        Product product =
            code.get("product").asText().equals("wecom") ? Product.WECOM : Product.MINI;
        assertThat(table.classify(product, code.get("errcode").asInt()).name())
            .isEqualTo(code.get("class").asText());
      }
    }
  }

  @Test
  void aStaleTokenAndAWrongSecretShareACodeAndDifferByEndpoint() {
    assertThat(table.classify(Product.MP, 40001)).isEqualTo(ErrcodeClass.TOKEN_STALE);
    assertThat(table.classifyTokenCall(Product.MP, 40001)).isEqualTo(ErrcodeClass.CREDENTIAL);
    assertThat(table.classify(Product.WECOM, 40001)).isEqualTo(ErrcodeClass.CREDENTIAL);
    assertThat(table.classifyTokenCall(Product.MP, -1)).isEqualTo(ErrcodeClass.BUSY);
  }

  @Test
  void anUnknownCodeIsNotRetriedAndCanBeTold() {
    assertThat(table.classify(Product.MP, 123456)).isEqualTo(ErrcodeClass.CONTENT);
    assertThat(table.known(Product.MP, 123456)).isNull();
  }
}
