package dev.hongyan.gateway.reply;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.log.EntryHeader;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What {@link RedisReplyStore} does, at once and in memory; {@code RedisReplyStoreTest} compares.
 */
final class SharedReplyStore implements ReplyStore {
  private final Map<String, Known> events = new HashMap<>();
  private final Map<String, EntryHeader> originals = new HashMap<>();
  final List<Consumer<String>> hears = new ArrayList<>();
  boolean away;

  private static final class Known {
    int tries = 1;
    Way way = Way.OPEN;
    byte[] answer;
  }

  void isInTheLog(String tenant, String account, String dedupeKey, EntryHeader header) {
    originals.put(tenant + '/' + account + '/' + dedupeKey, header);
  }

  private Known known(String tenant, long event) {
    return events.computeIfAbsent(tenant + '/' + event, k -> new Known());
  }

  private <T> Future<T> reached(T what) {
    return away
        ? Future.failedFuture(Problem.STORE_UNAVAILABLE.because("away"))
        : Future.succeededFuture(what);
  }

  @Override
  public Future<State> join(String tenant, long event) {
    Known known = known(tenant, event);
    known.tries++;
    return reached(new State(known.tries, known.way, known.answer));
  }

  @Override
  public Future<State> offer(String tenant, long event, byte[] answer) {
    Known known = known(tenant, event);
    boolean first = known.answer == null;
    if (first && !away) {
      known.answer = answer;
    }
    return reached(new State(0, known.way, first ? answer : null));
  }

  @Override
  public Future<State> settle(String tenant, long event, Wish wish) {
    Known known = known(tenant, event);
    if (!away) {
      known.way = after(known, wish);
    }
    return reached(new State(known.tries, known.way, known.answer));
  }

  private static Way after(Known known, Wish wish) {
    if (wish == Wish.REFUSE) {
      return Way.OVER;
    } else if (wish == Wish.UNDO) {
      return known.way == Way.PASSIVE ? Way.OPEN : known.way;
    } else if (known.way != Way.OPEN) {
      return known.way;
    } else if (wish != Wish.END && known.answer != null) {
      return Way.PASSIVE;
    }
    return wish == Wish.TAKE ? Way.OPEN : Way.OVER;
  }

  @Override
  public Future<EntryHeader> original(String tenant, String account, String dedupeKey) {
    return reached(originals.get(tenant + '/' + account + '/' + dedupeKey));
  }

  @Override
  public void tell(String hint) {
    hears.forEach(each -> each.accept(hint));
  }
}
