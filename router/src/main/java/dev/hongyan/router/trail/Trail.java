package dev.hongyan.router.trail;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down what happens to messages and reads it back. Notes gather until {@link #flush} and go
 * out as one call per tenant. They are kept in a hash per tenant and quarter of an hour of the
 * message's own id, a JSON object a line; so one message is one look-up. For one event loop.
 */
public final class Trail {
  /** Notes that may wait for the store; more are dropped, and counted. */
  private static final int WAITING_MAX = 50_000;

  /** Bytes kept of one message's notes; later ones are dropped. */
  private static final int BYTES_MAX = 65_536;

  /** Bytes of a good answer that are kept. */
  private static final int GOOD_ANSWER_MAX = 256;

  private static final long STRETCH_MILLIS = Duration.ofMinutes(15).toMillis();

  /** KEYS: hash. ARGV: seconds to keep it, most bytes a message, then message id and note each. */
  private static final Script ADD =
      Script.of(
          "trail-add",
          """
          for a = 3, #ARGV, 2 do
            local v = redis.call('HGET', KEYS[1], ARGV[a])
            if not v then
              redis.call('HSET', KEYS[1], ARGV[a], ARGV[a + 1])
            elseif #v + #ARGV[a + 1] < tonumber(ARGV[2]) then
              redis.call('HSET', KEYS[1], ARGV[a], v .. '\\n' .. ARGV[a + 1])
            end
          end
          redis.call('EXPIRE', KEYS[1], ARGV[1])
          return 1
          """);

  private static final Logger LOG = LoggerFactory.getLogger(Trail.class);
  private static final JsonFactory JSON = new JsonFactory();

  private final RedisLink store;
  private final Clock clock;
  private final long keepSeconds;
  private final Map<String, Map<Long, List<Object>>> waiting = new HashMap<>();
  private int held;
  private long dropped;

  /**
   * @param keep how long after its last note a message's trail can be read
   */
  public Trail(RedisLink store, Clock clock, Duration keep) {
    this.store = store;
    this.clock = clock;
    this.keepSeconds = Math.max(60, keep.toSeconds());
  }

  /** An attempt has ended. */
  public void attempt(
      String tenant,
      long messageId,
      String consumer,
      int attempt,
      String fate,
      int status,
      String error,
      long tookMillis,
      byte[] answer) {
    StringWriter out = new StringWriter(160);
    try (JsonGenerator g = JSON.createGenerator(out)) {
      begin(g, "attempt", consumer);
      g.writeNumberField("attempt", attempt);
      g.writeStringField("outcome", fate.toLowerCase(Locale.ROOT));
      if (status > 0) {
        g.writeNumberField("status", status);
      }
      if (!error.isEmpty()) {
        g.writeStringField("error", error);
      }
      g.writeNumberField("tookMs", tookMillis);
      int kept = error.isEmpty() ? Math.min(answer.length, GOOD_ANSWER_MAX) : answer.length;
      if (kept > 0) {
        g.writeStringField("answer", new String(answer, 0, kept, StandardCharsets.UTF_8));
      }
      g.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // into memory
    }
    add(tenant, messageId, out.toString());
  }

  /** Something else happened; {@code consumer} and {@code why} may be empty. */
  public void note(String tenant, long messageId, String consumer, String what, String why) {
    StringWriter out = new StringWriter(96);
    try (JsonGenerator g = JSON.createGenerator(out)) {
      begin(g, what, consumer);
      if (!why.isEmpty()) {
        g.writeStringField("error", why);
      }
      g.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // into memory
    }
    add(tenant, messageId, out.toString());
  }

  /** Something was heard about it from outside; {@code outcome} says what, in a few words. */
  public void heard(String tenant, long messageId, String consumer, String what, String outcome) {
    StringWriter out = new StringWriter(96);
    try (JsonGenerator g = JSON.createGenerator(out)) {
      begin(g, what, consumer);
      g.writeStringField("outcome", outcome);
      g.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // into memory
    }
    add(tenant, messageId, out.toString());
  }

  private void begin(JsonGenerator g, String what, String consumer) throws IOException {
    g.writeStartObject();
    g.writeStringField("what", what);
    g.writeNumberField("at", clock.wallMillis());
    if (!consumer.isEmpty()) {
      g.writeStringField("consumer", consumer);
    }
  }

  private void add(String tenant, long messageId, String note) {
    if (held >= WAITING_MAX) {
      dropped++;
      return;
    }
    held++;
    List<Object> args =
        waiting
            .computeIfAbsent(tenant, t -> new HashMap<>(2))
            .computeIfAbsent(stretchOf(messageId), s -> new ArrayList<>());
    args.add(Long.toString(messageId));
    args.add(note);
  }

  /** Sends what has gathered. */
  public void flush() {
    if (waiting.isEmpty()) {
      return;
    }
    if (dropped > 0) {
      LOG.warn("{} notes about messages were dropped: the store is slow", dropped);
      dropped = 0;
    }
    waiting.forEach(
        (tenant, stretches) ->
            stretches.forEach(
                (stretch, notes) -> {
                  List<Object> args = new ArrayList<>(2 + notes.size());
                  args.add(keepSeconds);
                  args.add(BYTES_MAX);
                  args.addAll(notes);
                  store
                      .eval(ADD, List.of(Keys.of(tenant).trail(stretch)), args.toArray())
                      .onFailure(e -> LOG.debug("notes were lost: {}", e.getMessage()));
                }));
    waiting.clear();
    held = 0;
  }

  /** The notes about a message, each a JSON object, in the order in which they were made. */
  public Future<List<String>> read(String tenant, long messageId) {
    return store
        .send(
            Request.cmd(Command.HGET)
                .arg(Keys.of(tenant).trail(stretchOf(messageId)))
                .arg(Long.toString(messageId)))
        .map(r -> r == null ? List.of() : List.of(r.toString().split("\n", -1)));
  }

  private static long stretchOf(long messageId) {
    return Snowflake.millisOf(messageId) / STRETCH_MILLIS;
  }
}
