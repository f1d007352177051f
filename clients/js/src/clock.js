/**
 * Where time comes from. Tests hand in one that is moved by hand.
 *
 * @typedef {object} Clock
 * @property {() => number} now       wall time, ms since 1970
 * @property {() => number} elapsed   ms on a clock that never jumps
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};
