package dev.hongyan.wechat.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Base64BytesTest {
  private final SplittableRandom random = new SplittableRandom(11);

  @Test
  void readsWhatTheJdkWritesWithoutATouchOfWhatLiesBesideTheRoom() {
    for (int length = 0; length < 200; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      byte[] text = Base64.getEncoder().encode(bytes);
      int before = random.nextInt(5);
      byte[] framed = new byte[before + text.length + 3];
      Arrays.fill(framed, (byte) '!');
      System.arraycopy(text, 0, framed, before, text.length);
      byte[] out = new byte[Base64Bytes.decodedLengthMax(text.length)];
      int n = Base64Bytes.decode(framed, before, text.length, out);
      assertThat(Arrays.copyOf(out, n)).isEqualTo(bytes);
    }
  }

  @Test
  void refusesAWrongCharacterWhereverItStands() {
    byte[] text = Base64.getEncoder().encode(new byte[60]);
    for (int at = 0; at < text.length; at++) {
      for (byte wrong : new byte[] {'-', '_', ' ', '=', '\n', 0, -1, (byte) 0xc3}) {
        byte[] broken = text.clone();
        broken[at] = wrong;
        if (wrong == '=' && at == text.length - 1) {
          continue; // padding is right there
        }
        assertThat(Base64Bytes.decode(broken, 0, broken.length, new byte[64]))
            .as("%s at %s", wrong, at)
            .isEqualTo(-1);
      }
    }
  }

  @Test
  void refusesALengthThatIsNoneOfBase64() {
    byte[] text = "QUJDRA=".getBytes(StandardCharsets.US_ASCII);
    assertThat(Base64Bytes.decode(text, 0, text.length, new byte[16])).isEqualTo(-1);
  }
}
