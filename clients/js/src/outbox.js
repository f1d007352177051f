import { HongyanError, QueueFullError } from './errors.js';
import { utf8Length } from './connection.js';

const BLOCK = 100;
const IN_FLIGHT = 256;
const RETRY_MS = 1_000;

/**
 * Numbers publishes. With a store it takes them in blocks, so that a crash skips some and repeats none; without one
 * it starts at the time in microseconds, so that a new process with the same client id repeats none either.
 */
class Serials {
  #store;
  #next;
  #end = 0;

  constructor(store, clock) {
    this.#store = store;
    if (!store) {
      this.#next = Math.floor(clock.now()) * 1_000;
      this.#end = Infinity;
    }
  }

  /** @returns {number | Promise<number>} a number as long as the block lasts */
  next() {
    return this.#next < this.#end ? this.#next++ : this.#nextBlock();
  }

  async #nextBlock() {
    this.#next ??= Math.max(1, Number((await this.#store.load()) ?? 1));
    await this.#store.save(this.#next + BLOCK);
    this.#end = this.#next + BLOCK;
    return this.#next++;
  }
}

/** Publishes that wait for a connection or for the server's word. Bounded in number and bytes. */
export class Outbox {
  #options;
  #clock;
  #serials;
  #connection = null;
  #waiting = [];
  #sent = new Map();
  #bytes = 0;
  #pumping = false;
  #timer;
  #paused = false;

  /** @param {{ clock: import('./clock.js').Clock, store?: any, queueMessages: number, queueBytes: number }} options */
  constructor(options) {
    this.#options = options;
    this.#clock = options.clock;
    this.#serials = new Serials(options.store, options.clock);
  }

  get size() {
    return this.#waiting.length + this.#sent.size;
  }

  /** @returns {Promise<{ id: string, cursor: string, duplicate: boolean }>} */
  publish({ topic, subject, data, delayMs, ttlMs }) {
    const body = JSON.stringify({ topic, subject, data, delayMs, ttlMs });
    const bytes = utf8Length(body);
    const { queueMessages, queueBytes } = this.#options;
    const frame = this.#connection?.maxFrame ?? 65_536;
    if (bytes + 64 > frame) return Promise.reject(new HongyanError('too-large', `a publish of ${bytes} bytes does not fit a frame of ${frame}`));
    if (this.size >= queueMessages) return Promise.reject(new QueueFullError(`${queueMessages} publishes are waiting`));
    if (this.#bytes + bytes > queueBytes) return Promise.reject(new QueueFullError(`${this.#bytes} bytes of publishes are waiting`));
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ body, bytes, serial: undefined, due: true, resolve, reject });
      this.#pump();
    });
  }

  /** A connection is open: what was never confirmed goes again, under the serial it had. */
  attach(connection) {
    this.#connection = connection;
    this.#unpause();
    for (const entry of this.#sent.values()) entry.due = true;
    this.#pump();
  }

  detach(connection) {
    if (this.#connection === connection) this.#connection = null;
  }

  published({ serial, id, cursor, duplicate }) {
    this.#take(serial)?.resolve({ id, cursor, duplicate: duplicate === true });
  }

  /** @returns {boolean} true when the error was about one of ours */
  refused(op) {
    const entry = this.#sent.get(op.serial);
    if (!entry) return false;
    if (op.retry === 'later' || op.retry === 'now') {
      entry.due = true;
      this.#pause(op.retryAfterMs ?? RETRY_MS);
    } else {
      this.#take(op.serial).reject(HongyanError.of(op));
    }
    return true;
  }

  /** Nothing will be sent any more. */
  fail(error) {
    const all = [...this.#sent.values(), ...this.#waiting];
    this.#unpause();
    this.#connection = null;
    this.#sent.clear();
    this.#waiting = [];
    this.#bytes = 0;
    for (const entry of all) entry.reject(error);
  }

  #take(serial) {
    const entry = this.#sent.get(serial);
    if (!entry) return undefined;
    this.#sent.delete(serial);
    this.#bytes -= entry.bytes;
    this.#pump();
    return entry;
  }

  #pause(ms) {
    this.#paused = true;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      this.#paused = false;
      this.#pump();
    }, ms);
  }

  #unpause() {
    this.#paused = false;
    this.#clock.clearTimeout(this.#timer);
  }

  get #ready() {
    return this.#connection !== null && !this.#paused;
  }

  async #pump() {
    if (!this.#ready) return;
    for (const entry of this.#sent.values()) if (entry.due) this.#send(entry);
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#ready && this.#waiting.length > 0 && this.#sent.size < IN_FLIGHT) {
      const entry = this.#waiting[0];
      try {
        entry.serial ??= this.#serials.next();
        if (typeof entry.serial !== 'number') entry.serial = await entry.serial;
      } catch (error) {
        entry.serial = undefined;
        if (this.#waiting[0] !== entry) continue;
        this.#waiting.shift();
        this.#bytes -= entry.bytes;
        entry.reject(new HongyanError('serial-store-failed', `could not keep the serial: ${error.message}`, { cause: error, retry: 'later' }));
        continue;
      }
      if (this.#waiting[0] !== entry || !this.#ready) continue;
      this.#waiting.shift();
      this.#sent.set(entry.serial, entry);
      this.#send(entry);
    }
    this.#pumping = false;
  }

  #send(entry) {
    entry.due = false;
    this.#connection.sendLine(`{"op":"publish","serial":${entry.serial},${entry.body.slice(1)}`);
  }
}
