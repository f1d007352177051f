package dev.hongyan.router.person;

import dev.hongyan.tenant.store.Script;

/** What runs inside the store, page by page. */
final class EraseScripts {
  private EraseScripts() {}

  /** As {@link Eraser#names}; {@code who} is a plain text. */
  private static final String NAMES =
      """
      local function names(text, who)
        local at = 1
        while true do
          local from, to = string.find(text, who, at, true)
          if not from then return false end
          if not string.find(string.sub(text, from - 1, from - 1), '[%w_-]')
              and not string.find(string.sub(text, to + 1, to + 1), '[%w_-]') then return true end
          at = from + 1
        end
      end
      """;

  /**
   * Copies a page of a stream, without the person; the last page makes the copy the stream.
   *
   * <p>KEYS: stream, copy, lock. ARGV: token of the lock, openid, "blank" or "drop", from which id
   * on, how many, seconds the lock lives, tenant. Returns where to go on (empty at the end) and how
   * many were the person's.
   */
  static final Script STREAM =
      Script.of(
          "erase-stream",
          NAMES
              + """
              if redis.call('GET', KEYS[3]) ~= ARGV[1] then return {'lost', 0} end
              redis.call('EXPIRE', KEYS[3], ARGV[6])
              local page = redis.call('XRANGE', KEYS[1], ARGV[4], '+', 'COUNT', ARGV[5])
              local n, last = 0, ''
              for _, entry in ipairs(page) do
                local f, his = entry[2], false
                last = entry[1]
                for i = 2, #f, 2 do his = his or names(f[i], ARGV[2]) end
                if his then n = n + 1 end
                if his and ARGV[3] == 'blank' then
                  local h
                  for i = 1, #f, 2 do if f[i] == 'h' then h = f[i + 1] end end
                  local id, ms, deadline = string.match(h, '^(%d+)\\n[^\\n]*\\n[^\\n]*\\n(%d+)\\n(%d+)')
                  local event = '{"specversion":"1.0","id":"' .. id .. '","source":"/tenants/' .. ARGV[7]
                    .. '","type":"sys.erased","datacontenttype":"application/json","tenant":"' .. ARGV[7]
                    .. '","data":{}}'
                  f = {'h', id .. '\\nsys.erased\\n\\n' .. ms .. '\\n' .. deadline, 'e', event}
                  his = false
                end
                if not his then redis.call('XADD', KEYS[2], entry[1], unpack(f)) end
              end
              if #page == tonumber(ARGV[5]) then
                redis.call('EXPIRE', KEYS[2], 3600)
                return {last, n}
              end
              if redis.call('EXISTS', KEYS[2]) == 1 then
                local info = redis.call('XINFO', 'STREAM', KEYS[1])
                for i = 1, #info, 2 do
                  if info[i] == 'last-generated-id' then redis.call('XSETID', KEYS[2], info[i + 1]) end
                end
                redis.call('PERSIST', KEYS[2])
                redis.call('RENAME', KEYS[2], KEYS[1])
              elseif n > 0 or ARGV[4] ~= '-' then
                redis.call('DEL', KEYS[1])
              end
              return {'', n}
              """);

  /**
   * Looks through a page of the tenant's other keys.
   *
   * <p>KEYS: one of the tenant's keys, lock. ARGV: token of the lock, openid, cursor, pattern, what
   * the names of its configuration begin with, seconds the lock lives. Returns the next cursor and
   * how many were the person's.
   */
  static final Script OTHERS =
      Script.of(
          "erase-others",
          NAMES
              + """
              if redis.call('GET', KEYS[2]) ~= ARGV[1] then return {'lost', 0} end
              redis.call('EXPIRE', KEYS[2], ARGV[6])
              local page, n = redis.call('SCAN', ARGV[3], 'MATCH', ARGV[4], 'COUNT', 500), 0
              for _, key in ipairs(page[2]) do
                local type = redis.call('TYPE', key).ok
                if string.sub(key, 1, #ARGV[5]) == ARGV[5] or key == KEYS[2] then
                  type = 'ours'
                elseif names(key, ARGV[2]) then
                  redis.call('UNLINK', key)
                  n = n + 1
                elseif type == 'string' and names(redis.call('GET', key), ARGV[2]) then
                  redis.call('UNLINK', key)
                  n = n + 1
                elseif type == 'hash' then
                  local all = redis.call('HGETALL', key)
                  for i = 1, #all, 2 do
                    if names(all[i], ARGV[2]) or names(all[i + 1], ARGV[2]) then
                      redis.call('HDEL', key, all[i])
                      if key == string.gsub(KEYS[1], 'log$', 'task') then
                        redis.call('ZREM', (string.gsub(KEYS[1], 'log$', 'due')), all[i])
                      end
                      n = n + 1
                    end
                  end
                elseif type == 'zset' or type == 'set' then
                  local all = type == 'zset' and redis.call('ZRANGE', key, 0, -1) or redis.call('SMEMBERS', key)
                  for _, member in ipairs(all) do
                    if names(member, ARGV[2]) then
                      redis.call(type == 'zset' and 'ZREM' or 'SREM', key, member)
                      n = n + 1
                    end
                  end
                end
              end
              return {page[1], n}
              """);

  /** KEYS: lock, copy. ARGV: token. */
  static final Script UNLOCK =
      Script.of(
          "erase-unlock",
          """
          redis.call('UNLINK', KEYS[2])
          if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
          return 1
          """);
}
