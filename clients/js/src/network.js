/**
 * What the platform knows about the network: the browser's online and offline events, and the probe of `GET /ping`.
 *
 * @typedef {object} Network
 * @property {() => boolean} online
 * @property {(changed: () => void) => (() => void)} listen   returns the function that stops listening
 */

/** @type {Network} */
export const platformNetwork = {
  online: () => globalThis.navigator?.onLine !== false,
  listen(changed) {
    if (typeof globalThis.addEventListener !== 'function') return () => {};
    globalThis.addEventListener('online', changed);
    globalThis.addEventListener('offline', changed);
    return () => {
      globalThis.removeEventListener('online', changed);
      globalThis.removeEventListener('offline', changed);
    };
  },
};

/**
 * Calls `run` when the page is about to go. Nothing where there are no pages.
 *
 * @returns {() => void} stops listening
 */
export function whenPageGoes(run) {
  if (typeof globalThis.addEventListener !== 'function') return () => {};
  globalThis.addEventListener('pagehide', run);
  return () => globalThis.removeEventListener('pagehide', run);
}

const PROBE_TIMEOUT_MS = 5_000;

/**
 * Asks whether the way to the server is open. Any answer below 500 will do; `no-cors` lets a page of another origin
 * ask too (its answer is opaque, but it is an answer).
 *
 * @param {string} url
 * @param {import('./clock.js').Clock} clock
 * @param {typeof fetch} ask
 * @returns {Promise<boolean>}
 */
export async function probe(url, clock, ask) {
  const abort = new AbortController();
  const timer = clock.setTimeout(() => abort.abort(), PROBE_TIMEOUT_MS);
  try {
    const response = await ask(url, { mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal: abort.signal });
    return response.status < 500;
  } catch {
    return false;
  } finally {
    clock.clearTimeout(timer);
  }
}

/** `wss://host/ws/v1` → `https://host/ping` */
export function pingUrl(url) {
  const ping = new URL('/ping', url);
  ping.protocol = ping.protocol === 'wss:' ? 'https:' : 'http:';
  return ping.href;
}
