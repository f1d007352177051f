package dev.hongyan.gateway.reply;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** In a hash {@code hy:{t}:reply:<event>} with {@code tries}, {@code answer} and {@code way}. */
final class RedisReplyStore implements ReplyStore {
  private static final Logger LOG = LoggerFactory.getLogger(RedisReplyStore.class);

  /** KEYS: the hash. ARGV: seconds to keep it. Returns tries, way, answer. */
  private static final Script JOIN =
      Script.of(
          "reply-join",
          """
          local tries = redis.call('HINCRBY', KEYS[1], 'tries', 1) + 1
          redis.call('EXPIRE', KEYS[1], ARGV[1])
          local now = redis.call('HMGET', KEYS[1], 'way', 'answer')
          return {tries, now[1], now[2]}
          """);

  /** KEYS: the hash. ARGV: seconds to keep it, the answer. Returns 1 if it is the first, way. */
  private static final Script OFFER =
      Script.of(
          "reply-offer",
          """
          local first = redis.call('HSETNX', KEYS[1], 'answer', ARGV[2])
          redis.call('EXPIRE', KEYS[1], ARGV[1])
          return {first, redis.call('HGET', KEYS[1], 'way')}
          """);

  /** KEYS: the hash. ARGV: seconds to keep it, the wish. Returns tries, way, answer. */
  private static final Script SETTLE =
      Script.of(
          "reply-settle",
          """
          local now = redis.call('HMGET', KEYS[1], 'way', 'answer', 'tries')
          local way, wish = now[1], ARGV[2]
          local to = way
          if wish == 'REFUSE' then
            to = 'OVER'
          elseif wish == 'UNDO' then
            if way == 'PASSIVE' then
              redis.call('HDEL', KEYS[1], 'way')
              to = false
            end
          elseif not way then
            if (wish == 'TAKE' or wish == 'CLOSE') and now[2] then
              to = 'PASSIVE'
            elseif wish == 'CLOSE' or wish == 'END' then
              to = 'OVER'
            end
          end
          if to and to ~= way then
            redis.call('HSET', KEYS[1], 'way', to)
            redis.call('EXPIRE', KEYS[1], ARGV[1])
          end
          return {tonumber(now[3] or '0') + 1, to, now[2]}
          """);

  /** KEYS: de-duplication key, log. Returns the header of the message that it stands for. */
  private static final Script ORIGINAL =
      Script.of(
          "reply-original",
          """
          local seq = redis.call('GET', KEYS[1])
          if not seq then return false end
          local found = redis.call('XRANGE', KEYS[2], seq .. '-0', seq .. '-0')
          if not found[1] then return false end
          local fields = found[1][2]
          for i = 1, #fields, 2 do
            if fields[i] == 'h' then return fields[i + 1] end
          end
          return false
          """);

  private final RedisLink link;

  RedisReplyStore(RedisLink link) {
    this.link = link;
  }

  @Override
  public Future<State> join(String tenant, long event) {
    return link.eval(JOIN, List.of(Keys.of(tenant).reply(event)), KEPT_SECONDS)
        .map(RedisReplyStore::state);
  }

  @Override
  public Future<State> offer(String tenant, long event, byte[] answer) {
    return link.eval(OFFER, List.of(Keys.of(tenant).reply(event)), KEPT_SECONDS, answer)
        .map(
            r -> {
              Response said = required(r);
              boolean first = said.get(0).toLong() == 1;
              return new State(0, way(said.get(1)), first ? answer : null);
            });
  }

  @Override
  public Future<State> settle(String tenant, long event, Wish wish) {
    return link.eval(SETTLE, List.of(Keys.of(tenant).reply(event)), KEPT_SECONDS, wish.name())
        .map(RedisReplyStore::state);
  }

  @Override
  public Future<@Nullable EntryHeader> original(String tenant, String account, String dedupeKey) {
    Keys keys = Keys.of(tenant);
    return link.eval(ORIGINAL, List.of(keys.seen(account, dedupeKey), keys.log()))
        .map(r -> r == null ? null : EntryHeader.decode(r.toString()));
  }

  @Override
  public void tell(String hint) {
    link.send(Request.cmd(Command.PUBLISH).arg(Keys.REPLIES).arg(hint))
        .onFailure(e -> LOG.debug("other nodes were not told: {}", e.getMessage()));
  }

  private static State state(@Nullable Response r) {
    Response said = required(r);
    Response answer = said.get(2);
    return new State(
        said.get(0).toInteger(), way(said.get(1)), answer == null ? null : answer.toBytes());
  }

  private static Way way(@Nullable Response word) {
    return word == null ? Way.OPEN : Way.valueOf(word.toString());
  }

  private static Response required(@Nullable Response r) {
    if (r == null) {
      throw Problem.STORE_UNAVAILABLE.because("the store said nothing");
    }
    return r;
  }
}
