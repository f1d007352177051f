const RETRY_AFTER_MAX_MS = 3_600_000;

/**
 * What a close code asks of the client (protocol, section 5).
 *
 * `now`: reconnect within a second; `after`: not before `afterMs`; `never`: not by itself; `network`: with backoff.
 *
 * @param {number} code
 * @param {string} [reason]
 * @returns {{ kind: 'now' | 'after' | 'never' | 'network', afterMs?: number }}
 */
export function readClose(code, reason = '') {
  if (code >= 4000 && code <= 4099) return { kind: 'now' };
  if (code >= 4400 && code <= 4499) return { kind: 'never' };
  if (code >= 4100 && code <= 4199) {
    const found = /retryAfterMs=(\d{1,12})/.exec(reason);
    if (found) return { kind: 'after', afterMs: Math.min(Number(found[1]), RETRY_AFTER_MAX_MS) };
  }
  return { kind: 'network' };
}
