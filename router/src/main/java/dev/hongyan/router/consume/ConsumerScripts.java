package dev.hongyan.router.consume;

import dev.hongyan.tenant.store.Script;

/** What runs inside the store for consumers, so that it is atomic there. */
final class ConsumerScripts {
  private ConsumerScripts() {}

  /**
   * Makes a consumer's place at the head of the log, unless it has one.
   *
   * <p>KEYS: head, cursor. ARGV: an epoch for a new log, name, now (ms), most names. Returns 1 when
   * made, 0 when it was there, -1 when there are too many names.
   */
  static final Script BEGIN =
      Script.of(
          "consumer-begin",
          """
          redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
          if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 0 end
          if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then return -1 end
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
          local seq = h[2] or '0'
          redis.call('HSET', KEYS[2], ARGV[2],
            '0 ' .. h[1] .. ' ' .. seq .. ' route ' .. ARGV[3] .. ' - ' .. seq .. ',0,0,0,0,0')
          return 1
          """);

  /**
   * Takes a consumer over for the owner of a fence.
   *
   * <p>KEYS: head, log, cursor. ARGV: an epoch for a new log, name, now (ms), fence. Returns what
   * is stored, then the log's epoch, newest and oldest place; or just -1 when a newer owner was
   * here, -2 when the name is used by a subscription.
   */
  static final Script OPEN =
      Script.of(
          "consumer-open",
          """
          redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fence')
          local fence = tonumber(ARGV[4])
          if tonumber(h[3] or '0') > fence then return {-1} end
          redis.call('HSET', KEYS[1], 'fence', ARGV[4])
          local seq = h[2] or '0'
          local oldest = tonumber(seq) + 1
          local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
          if first[1] then oldest = tonumber(string.match(first[1][1], '^%d+')) end
          local v = redis.call('HGET', KEYS[3], ARGV[2])
          if not v then
            v = '0 ' .. h[1] .. ' ' .. seq .. ' route ' .. ARGV[3] .. ' - ' .. seq .. ',0,0,0,0,0'
            redis.call('HSET', KEYS[3], ARGV[2], v)
          end
          if string.match(v, '^%d+ %S+ %d+ (%S+)') ~= 'route' then return {-2} end
          return {v, h[1], tonumber(seq), oldest}
          """);

  /**
   * Stores what happened to consumers of one tenant, all at once.
   *
   * <p>KEYS: head, cursor, dead, put-back, then for each consumer parked and parked-events. ARGV:
   * fence of the owner, most dead letters, then for each consumer: name, value, number of parked,
   * of unparked, of dead, of taken; for each parked one: id, what it is, 1 or 0 for the event
   * following, event; each unparked id; for each dead one its 20 fields; each name that was taken.
   *
   * <p>A save that is repeated, because its answer was lost, changes nothing: the value's own count
   * of dead messages says how many of them are not written yet.
   *
   * <p>Returns for each consumer 1, or 0 when it is not there any more; of a newer fence all 0.
   */
  static final Script SAVE =
      Script.of(
          "consumer-save",
          """
          local out, n, k = {}, 3, 5
          local fence = tonumber(ARGV[1])
          local stale = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') > fence
          if not stale then redis.call('HSET', KEYS[1], 'fence', ARGV[1]) end
          while ARGV[n] do
            local name, value = ARGV[n], ARGV[n + 1]
            local puts, removes = tonumber(ARGV[n + 2]), tonumber(ARGV[n + 3])
            local dead, taken = tonumber(ARGV[n + 4]), tonumber(ARGV[n + 5])
            n = n + 6
            local old = redis.call('HGET', KEYS[2], name)
            local ours = not stale and old and true or false
            local unwritten = 0
            if ours then
              local buried = string.match(old, ',(%d+),%d+$')
              local bury = string.match(value, ',(%d+),%d+$')
              unwritten = tonumber(bury) - tonumber(buried)
              redis.call('HSET', KEYS[2], name, value)
            end
            for i = 1, puts do
              if ours then
                redis.call('HSET', KEYS[k], ARGV[n], ARGV[n + 1])
                if ARGV[n + 2] == '1' then redis.call('HSET', KEYS[k + 1], ARGV[n], ARGV[n + 3]) end
              end
              n = n + 4
            end
            for i = 1, removes do
              if ours then
                redis.call('HDEL', KEYS[k], ARGV[n])
                redis.call('HDEL', KEYS[k + 1], ARGV[n])
              end
              n = n + 1
            end
            for i = 1, dead do
              if ours and i > dead - unwritten then
                redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, n, n + 19))
              end
              n = n + 20
            end
            for i = 1, taken do
              if ours then redis.call('HDEL', KEYS[4], ARGV[n], ARGV[n] .. ':event') end
              n = n + 1
            end
            out[#out + 1] = ours and 1 or 0
            k = k + 2
          end
          return out
          """);

  /** KEYS: cursor, parked, parked-events. ARGV: name. Forgets a consumer. */
  static final Script END =
      Script.of(
          "consumer-end",
          """
          local v = redis.call('HGET', KEYS[1], ARGV[1])
          if v and string.match(v, '^%d+ %S+ %d+ (%S+)') == 'route' then
            redis.call('HDEL', KEYS[1], ARGV[1])
          end
          redis.call('UNLINK', KEYS[2], KEYS[3])
          return 1
          """);

  /**
   * KEYS: head, cursor, then for each consumer parked. ARGV: names. Returns epoch and newest place,
   * then for each what is stored (empty for none) and how many are parked; all of one moment.
   */
  static final Script LEDGER =
      Script.of(
          "consumer-ledger",
          """
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
          local out = {h[1] or '', tonumber(h[2] or '0')}
          for i, name in ipairs(ARGV) do
            out[#out + 1] = redis.call('HGET', KEYS[2], name) or ''
            out[#out + 1] = redis.call('HLEN', KEYS[i + 2])
          end
          return out
          """);

  /**
   * Takes dead letters out to give them to their consumers again.
   *
   * <p>KEYS: dead, put-back. ARGV: a channel to tell owners on, the tenant, then for each: id, what
   * it is, event. Returns how many were there.
   */
  static final Script PUT_BACK =
      Script.of(
          "put-back",
          """
          local n = 0
          for a = 3, #ARGV, 3 do
            if redis.call('XDEL', KEYS[1], ARGV[a]) == 1 then
              redis.call('HSET', KEYS[2], ARGV[a], ARGV[a + 1], ARGV[a] .. ':event', ARGV[a + 2])
              n = n + 1
            end
          end
          if n > 0 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
          return n
          """);
}
