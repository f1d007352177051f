package dev.hongyan.router.log;

import dev.hongyan.tenant.store.Script;

/** What runs inside the store, so that it is atomic there. */
final class LogScripts {
  private LogScripts() {}

  /**
   * Appends messages that were not seen before.
   *
   * <p>KEYS: head, log, marks, then one de-duplication key for each message that has one. ARGV: an
   * epoch for a new log, seconds a de-duplication key lives, now (ms), a channel to tell other
   * nodes on (empty for none), then for each message: 1 or 0 for having a key, header, event.
   *
   * <p>Returns the epoch and for each message its place, negative when it was there already.
   */
  static final Script APPEND =
      Script.of(
          "append",
          """
          local head, log, marks = KEYS[1], KEYS[2], KEYS[3]
          local old = redis.call('HMGET', head, 'epoch', 'seq', 'mark')
          local epoch, seq = old[1], tonumber(old[2] or '0')
          if not epoch then
            epoch = ARGV[1]
            redis.call('HSET', head, 'epoch', epoch)
          end
          local out, before, k = {epoch}, seq, 4
          for a = 5, #ARGV, 3 do
            local first = nil
            if ARGV[a] == '1' then
              first = redis.call('GET', KEYS[k])
            end
            if first then
              out[#out + 1] = -tonumber(first)
            else
              seq = seq + 1
              redis.call('XADD', log, seq .. '-0', 'h', ARGV[a + 1], 'e', ARGV[a + 2])
              redis.call('HSET', head, 'seq', seq)
              if ARGV[a] == '1' then
                redis.call('SET', KEYS[k], seq, 'EX', ARGV[2])
              end
              out[#out + 1] = seq
            end
            if ARGV[a] == '1' then k = k + 1 end
          end
          if seq > before then
            local now = tonumber(ARGV[3])
            if now - tonumber(old[3] or '0') >= 10000 then
              redis.call('HSET', head, 'mark', now)
              redis.call('ZADD', marks, now, before + 1)
            end
            if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], seq) end
          end
          return out
          """);

  /**
   * KEYS: head, log. ARGV: an epoch for a new log. Returns epoch, newest place, oldest place kept.
   */
  static final Script HEAD =
      Script.of(
          "head",
          """
          redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
          local seq = tonumber(h[2] or '0')
          local oldest = seq + 1
          local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
          if first[1] then oldest = tonumber(string.match(first[1][1], '^%d+')) end
          return {h[1], seq, oldest}
          """);

  /**
   * Cuts the old end off.
   *
   * <p>KEYS: head, log, marks, cursor. ARGV: fence of the owner, messages to keep (0 for all), hard
   * number of messages, oldest time to keep (ms, 0 for all), hard oldest time. A durable cursor
   * holds messages back up to the hard limits. Returns how many were cut, or -1 when a newer owner
   * was here.
   */
  static final Script TRIM =
      Script.of(
          "trim",
          """
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fence')
          if not h[1] then return 0 end
          local fence = tonumber(ARGV[1])
          if tonumber(h[3] or '0') > fence then return -1 end
          redis.call('HSET', KEYS[1], 'fence', fence)
          local seq = tonumber(h[2] or '0')
          local function first_kept(count, time)
            local from = 1
            if count > 0 then from = seq - count + 1 end
            if time > 0 then
              local mark = redis.call('ZREVRANGEBYSCORE', KEYS[3], time, '-inf', 'LIMIT', 0, 1)[1]
              if mark and tonumber(mark) > from then from = tonumber(mark) end
            end
            return from
          end
          local soft = first_kept(tonumber(ARGV[2]), tonumber(ARGV[4]))
          local hard = first_kept(tonumber(ARGV[3]), tonumber(ARGV[5]))
          local cursors = redis.call('HVALS', KEYS[4])
          for _, v in ipairs(cursors) do
            local epoch, floor = string.match(v, '^%S+ (%S+) (%d+)')
            if epoch == h[1] and tonumber(floor) + 1 < soft then soft = tonumber(floor) + 1 end
          end
          local from = math.max(soft, hard)
          if from <= 1 then return 0 end
          local cut = redis.call('XTRIM', KEYS[2], 'MINID', from .. '-0')
          local last = redis.call('ZREVRANGEBYSCORE', KEYS[3], ARGV[5] ~= '0' and ARGV[5] or '+inf', '-inf')
          for _, mark in ipairs(last) do
            if tonumber(mark) < from then redis.call('ZREM', KEYS[3], mark) end
          end
          return cut
          """);
}
