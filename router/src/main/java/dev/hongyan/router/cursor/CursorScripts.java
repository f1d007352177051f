package dev.hongyan.router.cursor;

import dev.hongyan.tenant.store.Script;

/** What happens to the cursors of durable names in the store, each step at once. */
final class CursorScripts {

  /**
   * Counts are nine numbers: where the name began, then what was delivered, dead, expired, and
   * received again, under earlier generations and under this one. Where it began moves when places
   * are read again, so that the floor less where it began is what it is through with.
   */
  private static final String COUNTS =
      """
      local function read(text)
        local c = {}
        for n in string.gmatch(text, '-?%d+') do c[#c + 1] = tonumber(n) end
        if #c == 9 then return c end -- else it was saved before there were counts
      end
      local function text(c)
        return string.format('%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f', unpack(c))
      end
      local function fold(c)
        for i = 2, 5 do c[i], c[i + 4] = c[i] + c[i + 4], 0 end
      end
      local function again(c, by)
        local all = read(c)
        all[1] = all[1] + by
        return text(all)
      end
      local function counted(c, now)
        return string.match(c, '^%S-,%S-,%S-,%S-,%S-,') .. now
      end
      -- places of a progress above one place up to another
      local function between(progress, above, upto)
        local n = 0
        for from, to in string.gmatch(string.match(progress, '^[^/]*'), '(%d+)-(%d+)') do
          n = n + math.max(0, math.min(tonumber(to), upto) - math.max(tonumber(from) - 1, above))
        end
        return n
      end
      """;

  /**
   * KEYS: head, log, cursor. ARGV: an epoch for a new log, now (ms), most names, fence of the owner
   * (0 for none), then for each name: it, mode, seek (1/0), start kind (now, first or at), its
   * epoch, its place. Returns the log's epoch, newest, oldest, then for each name known (1/0),
   * generation, epoch and floor as they were before, and the progress that still counts; or just -1
   * when there are too many names, -2 when the name has another mode. Only {@code {-3}} when a
   * newer owner was here.
   */
  static final Script ATTACH =
      Script.of(
          "attach",
          COUNTS
              + """
          redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
          local h = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fence')
          local fence = tonumber(ARGV[4])
          if fence > 0 then
            if tonumber(h[3] or '0') > fence then return {-3} end
            redis.call('HSET', KEYS[1], 'fence', ARGV[4])
          end
          local seq = tonumber(h[2] or '0')
          local oldest = seq + 1
          local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
          if first[1] then oldest = tonumber(string.match(first[1][1], '^%d+')) end
          local names = redis.call('HLEN', KEYS[3])

          local function attach(name, mode, seek, kind, at_epoch, at)
            local known, gen, epoch, floor, done, counts = 0, 0, h[1], seq, '', nil
            local v = redis.call('HGET', KEYS[3], name)
            if v then
              local g, e, f, m, c, d =
                string.match(v, '^(%d+) (%S+) (%d+) (%S+) %S+ ?(%S*) ?(%S*)')
              if m ~= mode then return {-2} end
              known, gen, epoch, floor, done, counts = 1, tonumber(g), e, tonumber(f), d, read(c)
            elseif names >= tonumber(ARGV[3]) then
              return {-1}
            else
              names = names + 1
            end
            local out, was, reached, ahead = {known, gen + 1, epoch, floor}, epoch, floor, done
            if known == 0 or seek == '1' then
              epoch, floor, done = h[1], seq, ''
              if kind == 'first' then floor = oldest - 1 end
              if kind == 'at' then epoch, floor = at_epoch, tonumber(at) end
            end
            if epoch ~= h[1] or floor > seq then floor, done = oldest - 1, '' end
            if floor < oldest - 1 then floor = oldest - 1 end
            if not counts then
              counts = {floor, 0, 0, 0, 0, 0, 0, 0, 0}
            elseif was ~= h[1] or floor < reached then -- read again, or another log
              counts[1] = counts[1] + floor - reached - between(ahead, 0, math.huge)
            else
              if done == '' then counts[1] = counts[1] - between(ahead, floor, math.huge) end
              if seek ~= '1' then -- trimmed before it was read
                counts[4] = counts[4] + floor - reached - between(ahead, reached, floor)
              end
            end
            fold(counts)
            if done ~= '' then done = ' ' .. done end
            redis.call('HSET', KEYS[3], name, string.format('%d %s %.0f %s %s %s%s',
              gen + 1, h[1], floor, mode, ARGV[2], text(counts), done))
            out[5] = string.sub(done, 2)
            return out
          end

          local all = {h[1], seq, oldest}
          for a = 5, #ARGV, 6 do
            all[#all + 1] =
              attach(ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5])
          end
          return all
          """);

  /**
   * KEYS: cursor, head. ARGV: now (ms), then name, generation, epoch, floor, where reading began
   * since, counts for each. Returns for each 1 (still ours), 0 (replaced or forgotten). A floor of
   * a log that was replaced does not overwrite one of the log that is.
   */
  static final Script SAVE =
      Script.of(
          "save",
          COUNTS
              + """
          local out, log = {}, redis.call('HGET', KEYS[2], 'epoch')
          for a = 2, #ARGV, 6 do
            local v = redis.call('HGET', KEYS[1], ARGV[a])
            local g, e, f, m, c
            if v then g, e, f, m, c = string.match(v, '^(%d+) (%S+) (%d+) (%S+) %S+ (%S+)') end
            if g == ARGV[a + 1] then
              local forward = e == ARGV[a + 2] and tonumber(f) < tonumber(ARGV[a + 3])
              if forward or e ~= ARGV[a + 2] and ARGV[a + 2] == log then
                if not forward then c = again(c, tonumber(ARGV[a + 4]) - tonumber(f)) end
                redis.call('HSET', KEYS[1], ARGV[a], g .. ' ' .. ARGV[a + 2] .. ' ' .. ARGV[a + 3]
                  .. ' ' .. m .. ' ' .. ARGV[1] .. ' ' .. counted(c, ARGV[a + 5]))
              end
              out[#out + 1] = 1
            else
              out[#out + 1] = 0
            end
          end
          return out
          """);

  /**
   * KEYS: head, cursor. ARGV: fence of the owner, now (ms), then name, generation, epoch, floor,
   * progress, where reading began since, counts for each. Returns for each 1 (saved), 0 (no longer
   * ours); of a newer fence all 0.
   */
  static final Script SAVE_SHARED =
      Script.of(
          "save-shared",
          COUNTS
              + """
          local out = {}
          local fence = tonumber(ARGV[1])
          local stale = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') > fence
          if not stale then redis.call('HSET', KEYS[1], 'fence', ARGV[1]) end
          for a = 3, #ARGV, 7 do
            local v = redis.call('HGET', KEYS[2], ARGV[a])
            local g, e, f, c, d
            if v then g, e, f, c, d = string.match(v, '^(%d+) (%S+) (%d+) %S+ %S+ (%S+) ?(%S*)') end
            if not stale and g == ARGV[a + 1] then
              if e ~= ARGV[a + 2] then
                c = again(c, tonumber(ARGV[a + 5]) - tonumber(f) - between(d, 0, math.huge))
              end
              local done = ARGV[a + 4]
              if done ~= '' then done = ' ' .. done end
              redis.call('HSET', KEYS[2], ARGV[a], ARGV[a + 1] .. ' ' .. ARGV[a + 2] .. ' '
                .. ARGV[a + 3] .. ' shared ' .. ARGV[2] .. ' ' .. counted(c, ARGV[a + 6]) .. done)
              out[#out + 1] = 1
            else
              out[#out + 1] = 0
            end
          end
          return out
          """);

  /** KEYS: cursor. ARGV: name, generation. */
  static final Script FORGET =
      Script.of(
          "forget",
          """
          local v = redis.call('HGET', KEYS[1], ARGV[1])
          if v and string.match(v, '^%d+') == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
          return 0
          """);

  private CursorScripts() {}
}
