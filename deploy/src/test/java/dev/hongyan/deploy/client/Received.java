package dev.hongyan.deploy.client;

import dev.hongyan.client.Message;
import dev.hongyan.client.MessageHandler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What a handler got: the field {@code n} of each message's data, in the order of arrival. */
final class Received implements MessageHandler {
  private static final int SECONDS = 60;

  private final List<Long> numbers = new ArrayList<>();
  private final Set<Long> distinct = new HashSet<>();
  private @Nullable CompletableFuture<Void> complete;
  private int wanted;

  @Override
  public @Nullable CompletableFuture<?> handle(Message message) {
    long n = (Long) ((Map<?, ?>) message.event().data()).get("n");
    synchronized (this) {
      numbers.add(n);
      distinct.add(n);
      if (complete != null && distinct.size() >= wanted) {
        complete.complete(null);
      }
    }
    return null;
  }

  /** Waits until so many different ones have come and gives all, repeats included. */
  List<Long> await(int count) throws Exception {
    CompletableFuture<Void> here = new CompletableFuture<>();
    synchronized (this) {
      wanted = count;
      complete = here;
      if (distinct.size() >= count) {
        here.complete(null);
      }
    }
    try {
      here.get(SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("only " + numbers() + " of " + count);
    }
    return numbers();
  }

  synchronized List<Long> numbers() {
    return List.copyOf(numbers);
  }
}
