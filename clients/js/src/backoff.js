/** Waits that grow by 1.8 from 1 s to 60 s, each drawn evenly from zero up to its ceiling (full jitter). */
export class Backoff {
  #random;
  #firstMs;
  #maxMs;
  #steps = 0;
  #hurried = false;

  /** @param {{ random: () => number, firstMs?: number, maxMs?: number }} options */
  constructor({ random, firstMs = 1_000, maxMs = 60_000 }) {
    this.#random = random;
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  /** @returns {number} the next wait in ms */
  next() {
    return this.#random() * Math.min(this.#maxMs, this.#firstMs * 1.8 ** this.#steps++);
  }

  /** The wait when the other side asked us to come back at once: 0–1 s, but only once before health returns. */
  hurry() {
    if (this.#hurried) return this.next();
    this.#hurried = true;
    return this.#random() * 1_000;
  }

  reset() {
    this.#steps = 0;
    this.#hurried = false;
  }
}
