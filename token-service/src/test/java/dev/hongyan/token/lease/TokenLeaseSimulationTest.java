package dev.hongyan.token.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenReply.Granted;
import dev.hongyan.token.TokenReply.Refused;
import dev.hongyan.wechat.error.ErrcodeClass;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three nodes, one store, one WeChat, for six hours in a second: answers come late, WeChat fails,
 * somebody else voids tokens, nodes die at any moment. Each seed is one such day.
 */
class TokenLeaseSimulationTest {
  private static final Duration DAY = Duration.ofHours(6);
  private static final long LIFE = 7_200_000;
  private static final long OVERLAP = 300_000;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void fewCallsToWeChatAndNobodyIsForgottenWhateverHappens(boolean stableEndpoint) {
    for (long seed = 1; seed <= 150; seed++) {
      try {
        new World(seed, stableEndpoint).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", stable " + stableEndpoint, e);
      }
    }
  }

  private static final class World {
    final Random random;
    final boolean stable;
    final ManualTime time = new ManualTime(0);
    final Node[] nodes = new Node[3];
    final double trouble;

    // WeChat
    final Map<String, Long> validUntil = new HashMap<>();
    String newest = "";
    long newestUntil;
    int made;
    int fetches;
    int failures;
    int voided;
    int crashes;
    @Nullable Node fetching;

    // The store
    @Nullable StoredToken stored;
    long storedUntil;
    long lock;
    long lockUntil;
    @Nullable Node holder;
    long counter;
    long cool;
    long coolUntil;

    int asked;
    int answered;
    int lostInCrashes;
    int usedInVain;

    World(long seed, boolean stable) {
      this.random = new Random(seed);
      this.stable = stable;
      this.trouble = random.nextInt(3) == 0 ? 0.3 : 0;
      for (int i = 0; i < nodes.length; i++) {
        nodes[i] = new Node(this);
      }
    }

    void run() {
      long end = DAY.toMillis();
      for (long at = 0; at < end; at += 1 + random.nextInt(20_000)) {
        for (int burst = random.nextInt(5); burst >= 0; burst--) {
          later(at + random.nextInt(200), () -> use(node(), true));
        }
      }
      for (int i = 0; i < 4; i++) {
        later(random.nextInt((int) end), this::voidFromOutside);
        later(random.nextInt((int) end), this::crash);
      }
      time.advance(DAY);
      time.advance(Duration.ofMinutes(10)); // no more callers: everybody is told in the end
      assertThat(answered + lostInCrashes).as("answered of %s", asked).isEqualTo(asked);
      // Per life one refresh ahead (the stable endpoint hands out the old one twice before), and
      // one more for each trouble; never a circle.
      long lives = DAY.toMillis() / (LIFE * 7 / 10) + 1;
      long most = lives * (stable ? 4 : 1) + voided + crashes + failures + 2;
      assertThat(fetches).as("calls to WeChat").isLessThanOrEqualTo((int) most);
      if (trouble == 0) {
        // Only the retry of a caller whose first token was voided can be in vain, for 30 s.
        assertThat(usedInVain).as("calls in vain").isLessThan(40 * (voided + 1));
      }
    }

    void use(Node node, boolean first) {
      ask(
          node,
          new Ask() {
            @Override
            public LeaseEvent event(Waiter waiter) {
              return new LeaseEvent.Want(waiter);
            }
          },
          token -> {
            if (!accepts(token) && first) {
              ask(
                  node,
                  new Ask() {
                    @Override
                    public LeaseEvent event(Waiter waiter) {
                      return new LeaseEvent.Stale(waiter, token.generation());
                    }
                  },
                  again -> usedInVain += accepts(again) ? 0 : 1);
            }
          });
    }

    interface Ask {
      LeaseEvent event(Waiter waiter);
    }

    void ask(Node node, Ask ask, java.util.function.Consumer<Token> then) {
      if (node.dead) {
        return;
      }
      asked++;
      node.waiting++;
      boolean[] told = {false};
      node.on(
          ask.event(
              reply -> {
                assertThat(told[0]).as("told before").isFalse();
                told[0] = true;
                if (node.dead) {
                  return;
                }
                node.waiting--;
                answered++;
                if (reply instanceof Granted g) {
                  assertThat(g.value().expiresAtMillis()).isGreaterThan(now());
                  later(random.nextInt(50), () -> then.accept(g.value()));
                } else if (trouble == 0) {
                  // Dead nodes and voided tokens alone leave nobody without an answer for long.
                  assertThat(((Refused) reply).problem()).isEqualTo(Problem.WECHAT_UNAVAILABLE);
                }
              }));
    }

    boolean accepts(Token token) {
      return validUntil.getOrDefault(token.value().reveal(), -1L) > now();
    }

    void voidFromOutside() {
      voided++;
      validUntil.clear();
      newestUntil = 0;
      if (!stable) {
        make();
      }
    }

    void make() {
      validUntil.replaceAll((value, until) -> Math.min(until, now() + OVERLAP));
      newest = "token-" + ++made;
      newestUntil = now() + LIFE;
      validUntil.put(newest, newestUntil);
    }

    void crash() {
      crashes++;
      int i = random.nextInt(nodes.length);
      // Most often the one that is at it, where it hurts.
      for (int n = 0; n < nodes.length; n++) {
        i = nodes[n] == holder && random.nextBoolean() ? n : i;
      }
      nodes[i].dead = true;
      lostInCrashes += nodes[i].waiting;
      if (fetching == nodes[i]) {
        fetching = null;
      }
      nodes[i] = new Node(this);
    }

    Node node() {
      return nodes[random.nextInt(nodes.length)];
    }

    long now() {
      return Token.millis(time);
    }

    void later(long millis, Runnable task) {
      var unused = time.after(Duration.ofMillis(millis), task);
    }

    LeaseEvent storeAsk(Node node, LeaseEffect.Ask a) {
      long now = now();
      StoredToken s = stored == null || storedUntil <= now ? null : left(now);
      if (s != null && s.fence() > a.knownFence() && s.generation() > a.stale()) {
        return new LeaseEvent.Found(a.attempt(), s);
      }
      // A living holder keeps its lock alive.
      if (lock > 0 && (holder != null && !holder.dead || lockUntil > now)) {
        return new LeaseEvent.Held(a.attempt(), 1_000);
      }
      if (a.replacing() && s != null && s.generation() == a.stale()) {
        if (coolUntil > now && cool != a.stale()) {
          return new LeaseEvent.Cooling(a.attempt(), s, coolUntil - now);
        }
        if (coolUntil <= now) {
          cool = a.stale();
          coolUntil = now + 30_000;
        }
      }
      counter = Math.max(counter + 1, now * 1000);
      lock = counter;
      holder = node;
      lockUntil = now + 1_500;
      return new LeaseEvent.Locked(a.attempt(), lock, s);
    }

    LeaseEvent storeSave(LeaseEffect.Save save) {
      StoredToken s = stored;
      if (s != null && storedUntil > now() && s.fence() > save.token().fence()) {
        return new LeaseEvent.Overtaken(save.attempt(), left(now()));
      }
      if (lock > 0 && lock != save.token().fence()) {
        return new LeaseEvent.Lost(save.attempt());
      }
      stored = save.token();
      storedUntil = now() + save.token().leftMillis();
      release(save.token().fence());
      return new LeaseEvent.Saved(save.attempt());
    }

    StoredToken left(long now) {
      StoredToken s = stored;
      assertThat(s).isNotNull();
      return new StoredToken(
          s.value(), s.fence(), s.generation(), s.lifeMillis(), storedUntil - now);
    }

    void release(long fence) {
      if (lock == fence) {
        lock = 0;
        holder = null;
        lockUntil = 0;
      }
    }

    LeaseEvent wechat(LeaseEffect.Fetch fetch) {
      if (random.nextDouble() < trouble) {
        failures++;
        return new LeaseEvent.Failed(
            fetch.attempt(), FetchFailure.of(ErrcodeClass.BUSY, -1, "busy", 0));
      }
      if (!stable || newestUntil - OVERLAP <= now()) {
        make();
      }
      return new LeaseEvent.Fetched(fetch.attempt(), Secret.of(newest), newestUntil - now());
    }
  }

  private static final class Node implements LeaseEffect.Performer {
    final World world;
    final TokenLease lease;
    boolean dead;
    int waiting;
    boolean used;
    Timers.@Nullable Cancellable wake;

    Node(World world) {
      this.world = world;
      this.lease = new TokenLease(LeasePolicy.DEFAULT, !world.stable, world.random::nextDouble);
    }

    void on(LeaseEvent event) {
      if (!dead) {
        lease.on(event, world.now()).forEach(effect -> effect.reach(this));
      }
    }

    @Override
    public void ask(LeaseEffect.Ask ask) {
      world.later(
          1 + world.random.nextInt(5),
          () -> {
            if (!dead) {
              LeaseEvent answer = world.storeAsk(this, ask);
              world.later(1 + world.random.nextInt(5), () -> on(answer));
            }
          });
    }

    @Override
    public void fetch(LeaseEffect.Fetch fetch) {
      assertThat(world.fetching).as("somebody is at it already").isNull();
      world.fetching = this;
      world.fetches++;
      world.later(
          10 + world.random.nextInt(500),
          () -> {
            LeaseEvent answer = world.wechat(fetch); // also for one that died meanwhile
            world.later(
                10 + world.random.nextInt(500),
                () -> {
                  if (world.fetching == this) {
                    world.fetching = null;
                  }
                  on(answer);
                });
          });
    }

    @Override
    public void save(LeaseEffect.Save save) {
      world.later(
          1 + world.random.nextInt(5),
          () -> {
            if (!dead) {
              LeaseEvent answer = world.storeSave(save);
              world.later(1 + world.random.nextInt(5), () -> on(answer));
            }
          });
    }

    @Override
    public void release(LeaseEffect.Release release) {
      world.release(release.fence());
    }

    @Override
    public void publish(LeaseEffect.Publish publish) {}

    @Override
    public void withdraw(LeaseEffect.Withdraw withdraw) {}

    @Override
    public void tell(LeaseEffect.Tell tell) {
      tell.waiters().forEach(w -> w.told(tell.reply()));
    }

    @Override
    public void wakeAt(LeaseEffect.WakeAt at) {
      if (wake != null) {
        wake.cancel();
        wake = null;
      }
      if (at.atMillis() != TokenLease.NEVER) {
        wake =
            world.time.after(
                Duration.ofMillis(Math.max(1, at.atMillis() - world.now())),
                () -> {
                  wake = null;
                  on(new LeaseEvent.Woken(true));
                });
      }
    }

    @Override
    public void note(LeaseEffect.Note note) {}
  }
}
