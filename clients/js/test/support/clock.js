/** Time that stands still until it is moved. */
export class ManualClock {
  #now = 1_795_000_000_000;
  #timers = new Map();
  #ids = 0;

  now = () => this.#now;
  elapsed = () => this.#now;

  setTimeout = (run, ms) => {
    this.#timers.set(++this.#ids, { at: this.#now + ms, run });
    return this.#ids;
  };

  clearTimeout = (id) => void this.#timers.delete(id);

  /** Runs what falls due within `ms`, in order. */
  advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      let first;
      for (const [id, timer] of this.#timers) if (timer.at <= end && (!first || timer.at < first.at)) first = { id, ...timer };
      if (!first) break;
      this.#timers.delete(first.id);
      this.#now = Math.max(this.#now, first.at);
      first.run();
    }
    this.#now = end;
  }
}
