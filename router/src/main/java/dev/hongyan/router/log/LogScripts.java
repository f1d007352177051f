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
   *
   * <p>Numbers become text by {@code %.0f}: Lua's own way turns 1e14 and above into exponents. A
   * mark is set at most every 10 s; one that lies more than an hour ahead came from a wrong clock
   * and does not count. Two commands a message and one for all: the store spends its time on
   * commands. When the log itself refuses an entry, what stands before it is kept and counted.
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
            local keyed, first = ARGV[a] == '1', nil
            if keyed and not redis.call('SET', KEYS[k], seq + 1, 'EX', ARGV[2], 'NX') then
              first = redis.call('GET', KEYS[k])
            end
            if first then
              out[#out + 1] = -tonumber(first)
            else
              local added = redis.pcall('XADD', log, string.format('%.0f-0', seq + 1),
                'h', ARGV[a + 1], 'e', ARGV[a + 2])
              if type(added) == 'table' and added.err then
                if keyed then redis.call('DEL', KEYS[k]) end
                if seq > before then redis.call('HSET', head, 'seq', seq) end
                return added
              end
              seq = seq + 1
              out[#out + 1] = seq
            end
            if keyed then k = k + 1 end
          end
          if seq > before then
            local now = tonumber(ARGV[3])
            local mark = tonumber(old[3] or '0')
            if now - mark >= 10000 or mark - now > 3600000 then
              redis.call('HSET', head, 'seq', seq, 'mark', now)
              redis.call('ZADD', marks, now, before + 1)
            else
              redis.call('HSET', head, 'seq', seq)
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
   * number of messages, oldest time to keep (ms, 0 for all), hard oldest time, most messages to cut
   * now. A durable cursor holds messages back up to the hard limits. Returns how many were cut, or
   * -1 when a newer owner was here.
   *
   * <p>What lies before a mark is older than it. What lies behind a mark and before the next one is
   * at most 10 s younger than the first of the two; so a mark that is 10 s older than the time
   * asked for takes everything up to the next one along, or all when there is none.
   */
  static final Script TRIM =
      Script.of(
          "trim",
          """
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fence', 'mark')
          if not h[1] then return 0 end
          local fence, known = tonumber(ARGV[1]), tonumber(h[3] or '0')
          if known > fence then return -1 end
          if known < fence then redis.call('HSET', KEYS[1], 'fence', fence) end
          local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
          if not first[1] then return 0 end
          local oldest = tonumber(string.match(first[1][1], '^%d+'))
          local seq, last = tonumber(h[2] or '0'), tonumber(h[4] or '0')
          local function first_kept(count, time)
            local from = oldest
            if count > 0 then from = math.max(from, seq - count + 1) end
            if time > 0 then
              local mark = redis.call('ZREVRANGEBYSCORE', KEYS[3], time, '-inf', 'LIMIT', 0, 1)[1]
              if mark then from = math.max(from, tonumber(mark)) end
              if redis.call('ZCOUNT', KEYS[3], '-inf', time - 10000) > 0 then
                local next = redis.call('ZRANGEBYSCORE', KEYS[3], string.format('(%.0f', time - 10000),
                  '+inf', 'LIMIT', 0, 1)[1]
                if next then from = math.max(from, tonumber(next)) end
              end
              if last > 0 and time - last >= 10000 then from = seq + 1 end
            end
            return from
          end
          local soft = first_kept(tonumber(ARGV[2]), tonumber(ARGV[4]))
          if soft <= oldest then return 0 end
          local hard = first_kept(tonumber(ARGV[3]), tonumber(ARGV[5]))
          for _, v in ipairs(redis.call('HVALS', KEYS[4])) do
            local epoch, floor = string.match(v, '^%S+ (%S+) (%d+)')
            if epoch == h[1] and tonumber(floor) + 1 < soft then soft = tonumber(floor) + 1 end
          end
          local from = math.min(math.max(soft, hard), oldest + tonumber(ARGV[6]))
          if from <= oldest then return 0 end
          local cut = redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f-0', from))
          local marks = redis.call('ZRANGE', KEYS[3], 0, 999)
          for i = 1, #marks - 1 do -- the one at or before the oldest message stays
            local this, next = tonumber(marks[i]), tonumber(marks[i + 1])
            if next > from or next < this then break end
            redis.call('ZREM', KEYS[3], marks[i])
          end
          return cut
          """);
}
