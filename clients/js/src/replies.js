import { HongyanError } from './errors.js';

const MAX = 1_000;
const TIMEOUT_MS = 30_000;

/** Replies that wait for the server's word. They are never sent twice: a second one could reach the user twice. */
export class Replies {
  #clock;
  #waiting = new Map();

  constructor(clock) {
    this.#clock = clock;
  }

  /** @returns {Promise<{ how: 'passive' | 'customer-service' | 'too-late' }>} */
  send(connection, id, message) {
    if (!connection) return Promise.reject(new HongyanError('not-connected', 'a reply needs a connection', { retry: 'later' }));
    if (this.#waiting.has(id)) return Promise.reject(new HongyanError('already-replied', `a reply to ${id} is on its way`));
    if (this.#waiting.size >= MAX) return Promise.reject(new HongyanError('queue-full', `${MAX} replies are waiting`, { retry: 'later' }));
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => this.#fail(id, 'no-answer', 'the server did not confirm the reply'), TIMEOUT_MS);
      this.#waiting.set(id, { connection, resolve, reject, timer });
      connection.send({ op: 'reply', id, message });
    });
  }

  replied({ id, how }) {
    this.#take(id)?.resolve({ how });
  }

  /** @returns {boolean} true when the error was about one of ours; without an id it is the oldest's */
  refused(op, connection) {
    const id = op.id ?? (op.code === 'not-repliable' ? this.#oldest(connection) : undefined);
    const waiting = this.#take(id);
    waiting?.reject(HongyanError.of(op));
    return waiting !== undefined;
  }

  lost(connection) {
    for (const [id, waiting] of [...this.#waiting]) {
      if (waiting.connection === connection) this.#fail(id, 'unknown-outcome', 'the connection ended before the reply was confirmed');
    }
  }

  #oldest(connection) {
    for (const [id, waiting] of this.#waiting) if (waiting.connection === connection) return id;
    return undefined;
  }

  #fail(id, code, message) {
    this.#take(id)?.reject(new HongyanError(code, message));
  }

  #take(id) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return undefined;
    this.#waiting.delete(id);
    this.#clock.clearTimeout(waiting.timer);
    return waiting;
  }
}
