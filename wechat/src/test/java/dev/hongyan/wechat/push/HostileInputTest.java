package dev.hongyan.wechat.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.Vectors;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.Signatures;
import dev.hongyan.wechat.push.PushEncoder.EncodedPush;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever comes in, a push is accepted or refused, and what is accepted is JSON. */
class HostileInputTest {
  private static final long SEED = 20261121;
  private static final int BODIES = 100_000;
  private static final long NOW = 1_700_000_000;
  private static final byte[] LOOKS_LIKE_SYNTAX =
      "<>/!?-[]&;#x\"'={}:,\\u0CDATAxmlEncrypt 01".getBytes(UTF_8);

  private final MessageCipher sealer = new MessageCipher();
  private final PushDecoder decoder = new PushDecoder();
  private final PushEncoder encoder = new PushEncoder();
  private final PushAccount plain =
      PushAccount.builder(Product.MP, "wxapp", "token").mode(SecurityMode.PLAIN).build();
  private final PushAccount encrypted =
      PushAccount.builder(Product.MP, "wxapp", "token")
          .key(EncodingAesKey.parse("A".repeat(43)))
          .previousKey(EncodingAesKey.parse("B".repeat(43)))
          .build();

  @Test
  void aHundredThousandRandomAndMutatedBodiesRaiseNothing() {
    System.out.println("hostile bodies, seed " + SEED);
    Random random = new Random(SEED);
    List<byte[]> seeds = seeds();
    Map<Stage, Integer> refusals = new EnumMap<>(Stage.class);
    int accepted = 0;
    for (int i = 0; i < BODIES; i++) {
      byte[] body = mutate(random, seeds.get(random.nextInt(seeds.size())));
      PushOutcome outcome = decodeSomehow(random, body);
      if (outcome instanceof PushOutcome.Accepted push) {
        accepted++;
        assertThat(Vectors.json(push.push().data()).isObject()).isTrue();
        assertThat(push.push().dedupeKey().length()).isBetween(1, 64);
      } else {
        refusals.merge(((PushOutcome.Refused) outcome).stage(), 1, Integer::sum);
      }
    }
    // The mutations must reach both ends of the way, or this test shows nothing.
    assertThat(accepted).isGreaterThan(1000);
    assertThat(refusals)
        .containsKeys(
            Stage.XML,
            Stage.JSON,
            Stage.ENVELOPE,
            Stage.SIGNATURE,
            Stage.BASE64,
            Stage.BLOCK,
            Stage.PADDING,
            Stage.LAYOUT);
  }

  @Test
  void aHundredThousandRandomQueriesRaiseNothing() {
    System.out.println("hostile queries, seed " + SEED);
    Random random = new Random(SEED);
    byte[] seed =
        encoder
            .push(encrypted, utf8("<xml><a/></xml>"), "u", NOW, "n", new byte[16])
            .query()
            .getBytes(UTF_8);
    int refused = 0;
    for (int i = 0; i < BODIES; i++) {
      PushQuery query = PushQuery.parse(new String(mutate(random, seed), UTF_8));
      PushAccount account = random.nextBoolean() ? plain : encrypted;
      if (decoder.decode(account, query, utf8("<xml/>"), NOW) instanceof PushOutcome.Refused) {
        refused++;
      }
      if (decoder.verifyUrl(account, query, NOW) instanceof PushOutcome.Refused) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(BODIES);
  }

  /** In the clear, sealed afterwards, or as an envelope that was signed after it was broken. */
  private PushOutcome decodeSomehow(Random random, byte[] body) {
    switch (random.nextInt(3)) {
      case 0 -> {
        EncodedPush push = encoder.push(plain, body, "u", NOW, "n", new byte[16]);
        return decoder.decode(plain, PushQuery.parse(push.query()), body, NOW);
      }
      case 1 -> {
        String sealed = seal(body);
        return signedEnvelope(sealed);
      }
      default -> {
        if (random.nextBoolean()) {
          return decoder.decode(
              encrypted,
              PushQuery.parse("msg_signature=x&timestamp=" + NOW + "&nonce=n&encrypt_type=aes"),
              body,
              NOW);
        }
        return signedEnvelope(new String(mutate(random, utf8(seal(body))), UTF_8));
      }
    }
  }

  private String seal(byte[] body) {
    return sealer.encrypt(EncodingAesKey.parse("B".repeat(43)), body, "wxapp", new byte[16]);
  }

  private PushOutcome signedEnvelope(String encrypt) {
    String query =
        "timestamp="
            + NOW
            + "&nonce=n&encrypt_type=aes&msg_signature="
            + Signatures.sha1Hex("token", Long.toString(NOW), "n", encrypt);
    return decoder.decode(
        encrypted,
        PushQuery.parse(query),
        utf8("<xml><Encrypt><![CDATA[" + encrypt + "]]></Encrypt></xml>"),
        NOW);
  }

  private static List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    Vectors.each(Vectors.file("plaintext-samples").get("samples"))
        .forEach(sample -> seeds.add(utf8(sample.get("body").asText())));
    Vectors.each(Vectors.file("msg-crypt-decrypt").get("vectors"))
        .filter(vector -> vector.has("body"))
        .forEach(vector -> seeds.add(utf8(vector.get("body").asText())));
    seeds.add(utf8("<xml a='1'>t<!-- c --><?p?><b/>&lt;<![CDATA[x]]></xml>"));
    return seeds;
  }

  private static byte[] mutate(Random random, byte[] seed) {
    switch (random.nextInt(8)) {
      case 0 -> {
        byte[] noise = new byte[random.nextInt(200)];
        random.nextBytes(noise);
        return noise;
      }
      case 1 -> {
        byte[] syntax = new byte[random.nextInt(200)];
        for (int i = 0; i < syntax.length; i++) {
          syntax[i] = LOOKS_LIKE_SYNTAX[random.nextInt(LOOKS_LIKE_SYNTAX.length)];
        }
        return syntax;
      }
      case 2 -> {
        return java.util.Arrays.copyOf(seed, random.nextInt(seed.length + 1));
      }
      default -> {
        byte[] changed = seed.clone();
        for (int n = random.nextInt(4); n > 0; n--) {
          changed[random.nextInt(changed.length)] =
              random.nextBoolean()
                  ? LOOKS_LIKE_SYNTAX[random.nextInt(LOOKS_LIKE_SYNTAX.length)]
                  : (byte) random.nextInt(256);
        }
        return changed;
      }
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}
