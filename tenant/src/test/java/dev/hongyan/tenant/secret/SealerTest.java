package dev.hongyan.tenant.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealerTest {
  static Sealer sealer(int first) {
    byte[] key = new byte[32];
    key[0] = (byte) first;
    return new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(key)));
  }

  @Test
  void whatIsSealedOpensOnlyWithTheSameKeyForTheSameContext() {
    String sealed = sealer(1).seal("acme/token", "鸿雁 secret");
    assertThat(sealed).matches("v1:[0-9a-f]{8}:[A-Za-z0-9+/=]+").doesNotContain("secret");
    assertThat(sealer(1).open("acme/token", sealed).reveal()).isEqualTo("鸿雁 secret");
    assertThatThrownBy(() -> sealer(1).open("other/token", sealed))
        .isInstanceOf(Sealer.SealBroken.class);
    assertThatThrownBy(() -> sealer(2).open("acme/token", sealed))
        .isInstanceOf(Sealer.SealBroken.class);
  }

  @Test
  void theSameTextIsNeverSealedTheSameWay() {
    assertThat(sealer(1).seal("a", "x")).isNotEqualTo(sealer(1).seal("a", "x"));
  }

  @Test
  void noByteOfASealedTextCanBeChanged() {
    String sealed = sealer(1).seal("a", "x");
    int start = sealed.lastIndexOf(':') + 1;
    byte[] bytes = Base64.getDecoder().decode(sealed.substring(start));
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= 1;
      String forged = sealed.substring(0, start) + Base64.getEncoder().encodeToString(bytes);
      assertThatThrownBy(() -> sealer(1).open("a", forged)).isInstanceOf(Sealer.SealBroken.class);
      bytes[i] ^= 1;
    }
    assertThatThrownBy(() -> sealer(1).open("a", sealed.substring(0, start) + "AA"))
        .isInstanceOf(Sealer.SealBroken.class);
    for (int length = 0; length < 32; length++) {
      String tooShort =
          sealed.substring(0, start) + Base64.getEncoder().encodeToString(new byte[length]);
      assertThatThrownBy(() -> sealer(1).open("a", tooShort)).isInstanceOf(Sealer.SealBroken.class);
    }
    assertThatThrownBy(() -> sealer(1).open("a", "plain")).isInstanceOf(Sealer.SealBroken.class);
  }

  @Test
  void aMissingMasterKeyIsMadeOnceForOurEyesOnly(@TempDir Path dir) throws IOException {
    MasterKeyFile file = MasterKeyFile.at(null, dir.resolve("new"));
    assertThat(file.path()).isEqualTo(dir.resolve("new/master.key"));
    Keyring made = file.readOrMake();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())))
        .isEqualTo("rw-------");
    assertThat(MasterKeyFile.at(null, dir.resolve("new")).readOrMake().ids()).isEqualTo(made.ids());
    assertThat(MasterKeyFile.at(file.path(), dir).read().ids()).isEqualTo(made.ids());
    assertThat(made.sealing() + made.toString())
        .doesNotContain(Files.readString(file.path()).strip());
  }

  @Test
  void aBadMasterKeyIsRefusedWithoutRepeatingIt(@TempDir Path dir) {
    for (String bad : new String[] {"c2hvcnQ=", "not base64!"}) {
      assertThatThrownBy(() -> MasterKey.of(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining(bad);
    }
    assertThatThrownBy(() -> MasterKeyFile.at(dir.resolve("none"), dir).read())
        .isInstanceOf(IOException.class);
  }

  @Test
  void aSecretHidesItself() {
    assertThat(Secret.of("abc").toString()).doesNotContain("abc");
    assertThat(Secret.of("abc")).isEqualTo(Secret.of("abc")).isNotEqualTo(Secret.of("abd"));
  }
}
