/** What a handler got: numbers in `data.n`, in the order of arrival, and how long each took since `data.at`. */
export class Received {
  numbers = [];
  tookMs = [];
  #at = [];
  #waiting = new Set();

  handle = ({ event }) => {
    const now = Date.now();
    this.numbers.push(event.data.n);
    this.#at.push(now);
    if (event.data.at) this.tookMs.push(now - event.data.at);
    for (const wait of this.#waiting) wait();
  };

  /** Resolves when every number below `count` has come. */
  upTo(count) {
    return new Promise((resolve) => {
      const look = () => {
        if (new Set(this.numbers).size < count) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Milliseconds between one arrival and the next. */
  get pauses() {
    return this.#at.slice(1).map((at, index) => at - this.#at[index]);
  }
}

export const range = (count) => Array.from({ length: count }, (_, n) => n);

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** The next state of that name. */
export const entered = (client, state) =>
  new Promise((resolve) => {
    const off = client.on('state', (detail) => {
      if (detail.state !== state) return;
      off();
      resolve(detail);
    });
  });
