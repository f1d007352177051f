package dev.hongyan.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The small pieces, each by itself. */
class ProxyPartsTest {

  @Test
  void anErrcodeIsFoundOnlyAtTheTop() {
    assertThat(find("{\"errcode\":40001,\"errmsg\":\"x\"}")).isEqualTo(40001);
    assertThat(find(" {\"errmsg\" : \"x\\\"errcode\\\":7\", \"errcode\" : -1 }")).isEqualTo(-1);
    assertThat(find("{\"errcode\":\"45009\"}")).isEqualTo(45009);
    assertThat(find("{\"list\":[{\"errcode\":1}],\"a\":{\"errcode\":2}}")).isZero();
    assertThat(find("{\"a\":\"errcode\",\"b\":5}")).isZero();
    assertThat(find("{\"errcode\":0}")).isZero();
    assertThat(find("{\"errcode\":99999999999999}")).isEqualTo(999_999_999);
    assertThat(find("{\"errcode")).isZero();
    assertThat(find("{\"errcode\":")).isZero();
    assertThat(find("")).isZero();
    assertThat(ErrcodeScan.isObject(Buffer.buffer(" \n{"))).isTrue();
    assertThat(ErrcodeScan.isObject(Buffer.buffer("[{"))).isFalse();
    assertThat(ErrcodeScan.isObject(Buffer.buffer(new byte[] {(byte) 0xff, (byte) 0xd8})))
        .isFalse();
  }

  @Test
  void noInputMakesTheScanFail() {
    Random random = new Random(42);
    byte[] letters = "{}[]\":,\\errcode-019 \n".getBytes(StandardCharsets.US_ASCII);
    for (int round = 0; round < 100_000; round++) {
      byte[] bytes = new byte[random.nextInt(40)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = letters[random.nextInt(letters.length)];
      }
      int found = ErrcodeScan.find(Buffer.buffer(bytes));
      assertThat(Math.abs(found)).isLessThanOrEqualTo(999_999_999);
    }
  }

  @Test
  void aQueryLosesWhatMustNotGoOutAndNothingElse() {
    String query =
        "a=b%20c&access_token=1&ACCESS_TOKEN=2&access%5ftoken=3&secret=4&appsecret=5&%zz=6&x=%zz&&d";
    assertThat(RawQuery.outgoing("/x", query, "access_token=real", false))
        .isEqualTo("/x?access_token=real&a=b%20c&x=%zz&d");
    assertThat(RawQuery.outgoing("/x", null, "access_token=real", false))
        .isEqualTo("/x?access_token=real");
    assertThat(RawQuery.outgoing("/x", "appid=1&code=2", "appid=real", true))
        .isEqualTo("/x?appid=real&code=2");
    assertThat(RawQuery.first("a=1&secret=k%2B1&secret=2", "secret")).isEqualTo("k+1");
    assertThat(RawQuery.first("a=1&secretx=2", "secret")).isNull();
    assertThat(RawQuery.first("secret", "secret")).isNull();
  }

  @Test
  void aStandInIsGoodForItsAccountUntilItsTime() {
    ManualTime time = new ManualTime(1_700_000_000_000L);
    Sealer sealer = sealer((byte) 1);
    StandIns mine = new StandIns(sealer, time);
    String digest = "d".repeat(64);
    String standIn = mine.mint("acme", "shop", digest).reveal();
    // On another node, after a restart.
    StandIns theirs = new StandIns(sealer((byte) 1), time);
    assertThat(theirs.digestOf("acme", "shop", standIn)).isEqualTo(digest);
    assertThat(theirs.digestOf("acme", "cafe", standIn)).isNull();
    assertThat(theirs.digestOf("bolt", "shop", standIn)).isNull();
    assertThat(mine.digestOf("bolt", "shop", standIn)).isNull();
    assertThat(mine.digestOf("acme", "shop", standIn)).isEqualTo(digest);
    assertThat(new StandIns(sealer((byte) 2), time).digestOf("acme", "shop", standIn)).isNull();
    for (String garbage : new String[] {"", "x", "%", "a".repeat(30), "a".repeat(600)}) {
      assertThat(mine.digestOf("acme", "shop", garbage)).isNull();
    }
    time.advance(StandIns.LIFE);
    assertThat(mine.digestOf("acme", "shop", standIn)).isEqualTo(digest);
    time.advance(Duration.ofMinutes(6));
    assertThat(mine.digestOf("acme", "shop", standIn)).isNull();
    assertThat(theirs.digestOf("acme", "shop", standIn)).isNull();
  }

  @Test
  void familiesAreFew() {
    assertThat(family("/cgi-bin/message/template/send")).isEqualTo("message");
    assertThat(family("/wxa/getwxacodeunlimit")).isEqualTo("wxa");
    assertThat(family("/cgi-bin/getcallbackip")).isEqualTo("other");
    assertThat(family("/made/up")).isEqualTo("other");
  }

  private static String family(String api) {
    return ProxyPath.parse("/wxapi/acme/shop" + api).family();
  }

  private static int find(String json) {
    return ErrcodeScan.find(Buffer.buffer(json));
  }

  private static Sealer sealer(byte fill) {
    byte[] key = new byte[32];
    Arrays.fill(key, fill);
    return new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(key)));
  }
}
