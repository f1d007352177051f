package dev.hongyan.tenant.audit;

import dev.hongyan.tenant.store.Script;

/** What runs inside the store, so that it is atomic there. */
final class AuditScripts {
  private AuditScripts() {}

  /**
   * Notes that something is about to be done. KEYS: the open acts, what must exist. ARGV: 1 when it
   * must, id, text. Returns 0 when it does not exist, so that nothing is left of a deleted tenant.
   */
  static final Script BEGIN =
      Script.of(
          "audit-begin",
          """
          if ARGV[1] == '1' and redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
          redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
          return 1
          """);

  /**
   * Adds one entry behind the newest one that the caller knows.
   *
   * <p>KEYS: chain, head, open acts, what must exist. ARGV: 1 when it must, id of the act, number
   * and hash of the newest entry as the caller knows it, text, hash, seal of the new head, now
   * (ms), oldest time to keep (ms), entries to keep, bytes to keep.
   *
   * <p>Returns {1} when it is there, {2} when it was before, {0, seq, hash, seal} when the chain
   * has grown meanwhile, {-1} when the tenant is gone. What is cut off leaves the number and hash
   * of its last entry behind, as the anchor of the rest; at most 100 are cut at once.
   */
  static final Script APPEND =
      Script.of(
          "audit-append",
          """
          if ARGV[1] == '1' and redis.call('EXISTS', KEYS[4]) == 0 then return {-1} end
          if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 0 then return {2} end
          local h = redis.call('HMGET', KEYS[2], 'seq', 'hash', 'bytes', 'seal')
          if h[1] and (h[1] ~= ARGV[3] or h[2] ~= ARGV[4]) then return {0, h[1], h[2], h[4]} end
          if not h[1] then redis.call('HSET', KEYS[2], 'anchorSeq', ARGV[3], 'anchorHash', ARGV[4]) end
          local seq = string.format('%.0f', tonumber(ARGV[3]) + 1)
          redis.call('XADD', KEYS[1], seq .. '-0', 't', ARGV[5], 'h', ARGV[6], 'at', ARGV[8])
          local bytes = tonumber(h[3] or '0') + #ARGV[5]
          for i = 1, 100 do
            local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
            local f = first[2]
            local many = redis.call('XLEN', KEYS[1])
            if many <= 1 or (tonumber(f[6]) >= tonumber(ARGV[9]) and many <= tonumber(ARGV[10])
                and bytes <= tonumber(ARGV[11])) then break end
            redis.call('HSET', KEYS[2], 'anchorSeq', string.match(first[1], '^%d+'), 'anchorHash', f[4])
            redis.call('XDEL', KEYS[1], first[1])
            bytes = bytes - #f[2]
          end
          redis.call('HSET', KEYS[2], 'seq', seq, 'hash', ARGV[6], 'seal', ARGV[7],
            'bytes', string.format('%.0f', bytes))
          redis.call('HDEL', KEYS[3], ARGV[2])
          return {1}
          """);

  /** KEYS: chain, head. ARGV: from which place on, how many. Returns the head and the entries. */
  static final Script READ =
      Script.of(
          "audit-read",
          """
          return {redis.call('HMGET', KEYS[2], 'seq', 'hash', 'seal', 'anchorSeq', 'anchorHash'),
            redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])}
          """);
}
