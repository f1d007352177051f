package dev.hongyan.router.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlotsTest {

  @Test
  void slotsOfTenantsAreFixedForAllTime() {
    assertThat(List.of("a", "acme", "shop", "tenant-0001", "0"))
        .extracting(Slots::of)
        .containsExactly(237, 102, 166, 145, 62);
  }

  @Test
  void tenantsSpreadOverAllSlots() {
    for (String shape : List.of("tenant-%05d", "t%d", "%d-shop")) {
      int[] count = new int[Slots.COUNT];
      for (int i = 0; i < 25_600; i++) {
        count[Slots.of(String.format(shape, i))]++;
      }
      // 100 on average; a fair spread strays about 10.
      assertThat(IntStream.of(count).min().orElseThrow()).as(shape).isGreaterThan(50);
      assertThat(IntStream.of(count).max().orElseThrow()).as(shape).isLessThan(170);
    }
  }

  static List<String> nodes(int n) {
    return new ArrayList<>(IntStream.range(0, n).mapToObj(i -> "node-" + i).toList());
  }

  @Test
  void nodesShareTheSlotsFairly() {
    for (int n = 1; n <= 8; n++) {
      List<String> nodes = nodes(n);
      for (String node : nodes) {
        long mine =
            IntStream.range(0, Slots.COUNT)
                .filter(s -> Slots.preferred(s, nodes).equals(node))
                .count();
        assertThat(mine).isBetween(128L / n, 512L / n);
      }
    }
  }

  @Test
  void whenANodeLeavesOnlyItsSlotsMoveWhateverTheOrderOfNames() {
    List<String> all = nodes(5);
    for (String gone : List.copyOf(all)) {
      List<String> rest = new ArrayList<>(all);
      rest.remove(gone);
      Collections.reverse(rest);
      Set<String> heirs = new HashSet<>();
      for (int slot = 0; slot < Slots.COUNT; slot++) {
        String before = Slots.preferred(slot, all);
        String after = Slots.preferred(slot, rest);
        if (before.equals(gone)) {
          heirs.add(after);
        } else {
          assertThat(after).isEqualTo(before);
        }
      }
      assertThat(heirs).hasSize(4);
    }
  }

  @Test
  void namesWithTheSameHashAreToldApartByAll() {
    assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
    for (int slot = 0; slot < Slots.COUNT; slot++) {
      assertThat(Slots.preferred(slot, List.of("Aa", "BB")))
          .isEqualTo(Slots.preferred(slot, List.of("BB", "Aa")));
    }
  }
}
