package dev.hongyan.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EpochNamesTest {
  @Test
  void givesLettersAndDigitsAndNoneTwice() {
    EpochNames names = new EpochNames(42);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      String name = names.get();
      assertThat(name).matches("[0-9a-z]{8}");
      assertThat(seen.add(name)).isTrue();
    }
  }

  @Test
  void twoProcessesDoNotGiveTheSame() {
    assertThat(new EpochNames(1).get()).isNotEqualTo(new EpochNames(2).get());
  }
}
