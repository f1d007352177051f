package dev.hongyan.router.consume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FairTurnsTest {
  private final Map<String, Integer> left = new HashMap<>();
  private final Map<String, Integer> grain = new HashMap<>();
  private final Map<String, Integer> done = new HashMap<>();
  private final List<String> order = new ArrayList<>();
  private final FairTurns<String> turns =
      new FairTurns<>(
          10,
          new FairTurns.Worker<>() {
            @Override
            public int work(String party, int allowance) {
              order.add(party);
              int spent = 0;
              while (spent < allowance && left.get(party) > 0) {
                int piece = Math.min(grain.getOrDefault(party, 1), left.get(party));
                left.merge(party, -piece, Integer::sum);
                done.merge(party, piece, Integer::sum);
                spent += piece;
              }
              return spent;
            }

            @Override
            public boolean hasMore(String party) {
              return left.get(party) > 0;
            }
          });

  private void party(String name, int work, int pieces) {
    left.put(name, work);
    grain.put(name, pieces);
    boolean unused = turns.add(name);
  }

  @Test
  void aFloodDelaysTheOthersByOneTurn() {
    party("flood", 100_000, 1);
    boolean unused = turns.spend(10);
    party("quiet", 3, 1);
    order.clear();
    unused = turns.spend(30);
    assertThat(order.subList(0, 2)).contains("quiet");
    assertThat(left.get("quiet")).isZero();
  }

  @Test
  void whoSpentTooMuchAtOncePaysForIt() {
    party("large", 1_000, 37);
    party("small", 1_000, 1);
    boolean unused = turns.spend(400);
    assertThat(done.get("large")).isBetween(180, 240);
    assertThat(done.get("small")).isBetween(170, 240);
  }

  @Test
  void atEveryMomentNobodyWithWorkIsMoreThanATurnAndAPieceBehind() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      left.clear();
      done.clear();
      int parties = 2 + random.nextInt(6);
      for (int p = 0; p < parties; p++) {
        party("s" + seed + "p" + p, 1_000_000, 1 + random.nextInt(20));
      }
      for (int round = 0; round < 50; round++) {
        boolean unused = turns.spend(1 + random.nextInt(100));
        int most = done.values().stream().mapToInt(n -> n).max().orElse(0);
        int least =
            parties > done.size() ? 0 : done.values().stream().mapToInt(n -> n).min().orElse(0);
        assertThat(most - least).as("seed %d", seed).isLessThanOrEqualTo(2 * 10 + 2 * 20);
      }
      for (int p = 0; p < parties; p++) {
        turns.remove("s" + seed + "p" + p);
      }
    }
  }

  @Test
  void whoHasNothingToDoCostsNothing() {
    party("one", 5, 1);
    assertThat(turns.spend(100)).isFalse();
    order.clear();
    assertThat(turns.spend(100)).isFalse();
    assertThat(order).isEmpty();
  }
}
