import { Attachment } from './attachment.js';
import { Backoff } from './backoff.js';
import { ClosedError, HongyanError } from './errors.js';
import { Message } from './message.js';
import { Recent } from './recent.js';

const ACK = { kind: 'ack' };
const REASON_MAX = 200;
const RARE_HOLE_MS = 60_000;
const ACK_EVERY_MS = 200;
const WINDOW_BYTES = 1024 * 1024;
const FAILURE_RULES = { live: ['skip', 'retry', 'stop'], durable: ['retry', 'stop', 'term'], shared: ['nack', 'term'] };

/**
 * A cursor that walks the log, and the handler that walks with it. Survives connections: what is in hand stays in
 * hand, what comes again is recognised, and the place to go on from is known.
 *
 * @typedef {object} Host what a subscription needs of its client
 * @property {import('./clock.js').Clock} clock
 * @property {() => number} random
 * @property {(type: string, detail: any) => void} emit
 * @property {(sub: Subscription) => void} settled   an answer to `subscribe` has come
 * @property {(sub: Subscription, forget: boolean) => void} ended
 * @property {(sub: Subscription) => void} wanted    wants to be attached again
 */
export class Subscription {
  #host;
  #options;
  #handler;
  #attachments = new Map();
  #newest;
  #entries = new Map();
  #waiting = [];
  #running = 0;
  #recent;
  #limit;
  #pace;
  #received;
  #kept;
  #sought = false;
  #parked = false;
  #holes;
  #lastHole = -Infinity;
  #timers = new Set();
  #ready;

  /** True after `unsubscribe`, a refusal for good, or a failure under the rule `stop`. */
  ended = false;

  constructor(host, options, handler) {
    const mode = options.mode ?? 'live';
    const rules = FAILURE_RULES[mode];
    if (!rules) throw new TypeError(`mode must be live, durable or shared, not ${mode}`);
    if (options.onFailure !== undefined && !rules.includes(options.onFailure)) {
      throw new TypeError(`onFailure of a ${mode} subscription must be one of ${rules.join(', ')}, not ${options.onFailure}`);
    }
    const { window = 256, windowBytes = WINDOW_BYTES, ackEveryMs = ACK_EVERY_MS } = options;
    if (!(ackEveryMs >= 0)) throw new TypeError(`ackEveryMs must be a number of milliseconds, not ${ackEveryMs}`);
    this.#options = { onFailure: rules[0], concurrency: mode === 'shared' ? window : 1, nackDelayMs: 1_000, ...options, mode, window };
    this.#host = host;
    this.#handler = handler;
    this.#limit = 4 * window;
    // A quarter, so that the server never stands still for want of an ack that waits here.
    this.#pace = { everyMs: ackEveryMs, messages: Math.max(1, window / 4), size: windowBytes / 4 };
    this.#recent = new Recent(Math.max(1_024, 4 * window));
    this.#received = this.#kept = mode === 'live' ? options.cursor : undefined;
    this.#holes = new Backoff({ random: host.random });
    this.ready = new Promise((resolve, reject) => (this.#ready = { resolve, reject }));
    this.ready.catch(() => {}); // it is also told as an event
  }

  get name() {
    return this.#options.sub;
  }

  get mode() {
    return this.#options.mode;
  }

  /** `live`: everything up to here is handled. Store it to go on from here. */
  get cursor() {
    return this.#kept;
  }

  /** Handed to us and not yet finished. */
  get unfinished() {
    return this.#entries.size;
  }

  /** `durable`: says now what is done, instead of a little later together with what follows. */
  flush() {
    for (const attachment of this.#attachments.values()) attachment.flush();
  }

  async unsubscribe({ forget = false } = {}) {
    this.#end(forget, new ClosedError('unsubscribed'));
  }

  // --- connections ---------------------------------------------------------------------------------------------

  get parked() {
    return this.#parked;
  }

  attachedTo(connection) {
    return this.#attachments.has(connection);
  }

  /** True while `connection` has not answered our request. */
  pendingOn(connection) {
    return this.#attachments.get(connection)?.pending === true;
  }

  /** @returns {object} the request that attaches us to `connection` */
  attach(connection) {
    this.flush(); // the server should know what is done before it starts anew
    this.#newest = new Attachment(connection, this.name, this.#host.clock, this.#pace);
    this.#attachments.set(connection, this.#newest);
    return this.#request();
  }

  detach(connection) {
    this.#attachments.get(connection)?.flush(); // and no timer of it is left
    this.#attachments.delete(connection);
    if (this.#newest?.connection === connection) this.#newest = [...this.#attachments.values()].at(-1);
  }

  #request() {
    const { sub, topics, mode, seek, window, windowBytes, ackTimeoutMs } = this.#options;
    const cursor = mode === 'live' ? this.#received : this.#options.cursor;
    return { sub, topics, mode, cursor, seek: seek && !this.#sought ? true : undefined, window, windowBytes, ackTimeoutMs };
  }

  // --- what the server says ------------------------------------------------------------------------------------

  onSubscribed(op, connection) {
    const attachment = this.#attachments.get(connection);
    if (!attachment) return;
    attachment.started(op.cursor);
    this.#sought = true;
    if (this.mode === 'live' && (this.#received === undefined || op.verdict === 'gap' || op.verdict === 'reset')) {
      this.#received = op.cursor;
    }
    if (this.mode === 'live' && this.#entries.size === 0) this.#keep(this.#received);
    this.#host.emit('subscribed', { sub: this.name, verdict: op.verdict, cursor: op.cursor, head: op.head });
    if (op.verdict === 'gap' || op.verdict === 'reset') {
      this.#host.emit('gap', { sub: this.name, verdict: op.verdict, from: op.gap?.from, to: op.gap?.to, reason: op.gap?.reason });
    }
    this.#ready.resolve(op);
    this.#host.settled(this);
  }

  onDeliver(op, messages, connection) {
    const attachment = this.#attachments.get(connection);
    if (!attachment || attachment.pending || this.ended) return;
    // The newer connection resumed behind this one, so it brings the same again. Shared work is not the same.
    if (attachment !== this.#newest && !this.#newest?.pending && this.mode !== 'shared') return;
    if (this.mode !== 'shared' && !attachment.continues(op.prev)) {
      return this.#resubscribe(attachment, { expected: attachment.last, prev: op.prev });
    }
    for (const message of messages) {
      if (this.#entries.size >= this.#limit && this.#isNew(message)) {
        if (this.mode !== 'shared') return this.#park();
        attachment.nack(message.cursor, 1_000);
        continue;
      }
      attachment.last = message.cursor;
      this.#accept(message, attachment);
    }
    attachment.gapTo = undefined;
    this.#pump();
  }

  onGap(op, connection) {
    const attachment = this.#attachments.get(connection);
    if (attachment) attachment.gapTo = op.to;
    this.#host.emit('gap', { sub: this.name, verdict: 'gap', from: op.from, to: op.to, reason: op.reason });
  }

  /**
   * Compares the server's head with ours. A beat may overtake data, so one difference only makes us ask again.
   *
   * @returns {boolean} true when another beat should be sent at once
   */
  onHead(head, connection) {
    const attachment = this.#attachments.get(connection);
    if (!attachment || attachment.pending || this.mode === 'shared' || attachment !== this.#newest) return false;
    if (head === attachment.last || head === attachment.gapTo) {
      attachment.suspect = undefined;
      return false;
    }
    if (attachment.suspect === attachment.last) {
      this.#resubscribe(attachment, { expected: attachment.last, head });
      return false;
    }
    attachment.suspect = attachment.last;
    return true;
  }

  onError(op, connection) {
    const error = HongyanError.of(op);
    this.#host.emit('error', error);
    const attachment = this.#attachments.get(connection);
    if (!attachment) return;
    if (attachment.pending && error.retry === 'never') {
      this.#detachAll();
      this.#end(false, error);
    } else if (attachment.pending || op.code === 'no-such-subscription') {
      attachment.pending = true;
      this.#later(op.retryAfterMs ?? this.#holes.next(), () => this.#ask(attachment));
    }
  }

  // --- messages ------------------------------------------------------------------------------------------------

  #isNew({ cursor }) {
    return !this.#entries.has(cursor) && this.#recent.get(cursor) === undefined;
  }

  #accept(wire, attachment) {
    const entry = this.#entries.get(wire.cursor);
    if (entry) {
      entry.attachment = attachment; // in hand already; its outcome goes out on the connection that asked last
      if (entry.outcome) this.#tell(wire.cursor, entry.outcome, attachment);
      return;
    }
    const outcome = this.#recent.get(wire.cursor);
    if (outcome) {
      this.#tell(wire.cursor, outcome, attachment);
      if (this.mode === 'durable') attachment.ackUpTo(wire.cursor, wire.size);
      return;
    }
    const fresh = { cursor: wire.cursor, size: wire.size, attachment, message: undefined, outcome: undefined, retries: undefined };
    fresh.message = new Message(this.name, wire, { extend: (ms) => fresh.attachment.extend(wire.cursor, ms) });
    this.#entries.set(wire.cursor, fresh);
    this.#waiting.push(fresh);
    if (this.mode === 'live') this.#received = wire.cursor;
  }

  #pump() {
    while (this.#running < this.#options.concurrency && this.#waiting.length > 0 && !this.ended) {
      this.#running++;
      this.#run(this.#waiting.shift());
    }
  }

  async #run(entry) {
    try {
      await this.#handler(entry.message);
    } catch (error) {
      if (this.ended) return;
      if (entry.message.termReason === undefined) return this.#failed(entry, error);
    }
    this.#finish(entry, entry.message.termReason === undefined ? ACK : { kind: 'term', reason: entry.message.termReason });
  }

  #failed(entry, cause) {
    const { onFailure, nackDelayMs } = this.#options;
    const { message } = entry;
    this.#host.emit('error', new HongyanError('handler-failed', `handler of ${this.name} failed: ${cause?.message ?? cause}`, { cause, sub: this.name }));
    if (onFailure === 'retry') {
      entry.retries ??= new Backoff({ random: this.#host.random });
      message.attempt++;
      this.#later(entry.retries.next(), () => this.#run(entry));
    } else if (onFailure === 'stop') {
      this.#end(false, new HongyanError('stopped', `${this.name} stopped at ${entry.cursor}`, { cause, sub: this.name }));
    } else if (onFailure === 'term') {
      this.#finish(entry, { kind: 'term', reason: String(cause?.message ?? cause) });
    } else if (onFailure === 'nack') {
      const delayMs = typeof nackDelayMs === 'function' ? nackDelayMs(message, cause) : nackDelayMs;
      this.#finish(entry, { kind: 'nack', delayMs });
    } else {
      this.#finish(entry, ACK);
    }
  }

  #finish(entry, outcome) {
    if (this.ended) return;
    this.#running--;
    entry.outcome = outcome;
    this.#tell(entry.cursor, outcome, entry.attachment);
    if (this.mode === 'shared') this.#forget(entry);
    else this.#advance();
    this.#pump();
    if (this.#parked && this.#entries.size <= this.#limit / 2) {
      this.#parked = false;
      this.#host.wanted(this);
    }
  }

  #tell(cursor, outcome, attachment) {
    if (this.mode === 'live') return;
    if (outcome.kind === 'term') attachment.term(cursor, outcome.reason.slice(0, REASON_MAX));
    else if (this.mode !== 'shared') return; // said cumulatively
    else if (outcome.kind === 'nack') attachment.nack(cursor, outcome.delayMs);
    else attachment.ackOne(cursor);
  }

  #forget(entry) {
    this.#entries.delete(entry.cursor);
    if (entry.outcome.kind !== 'nack') this.#recent.add(entry.cursor, entry.outcome);
  }

  /** Up to the lowest unfinished one, everything is done. */
  #advance() {
    let done;
    for (const entry of this.#entries.values()) {
      if (!entry.outcome) break;
      this.#forget(entry);
      done = entry;
      // On a dead connection nothing is said: the message comes again, is recognised and acked then.
      if (this.mode === 'durable') entry.attachment.ackUpTo(entry.cursor, entry.size);
    }
    if (done && this.mode === 'live') this.#keep(done.cursor);
  }

  #keep(cursor) {
    if (cursor === undefined || cursor === this.#kept) return;
    this.#kept = cursor;
    try {
      this.#options.onCursor?.(cursor);
    } catch (error) {
      this.#host.emit('error', new HongyanError('handler-failed', `onCursor of ${this.name} failed: ${error.message}`, { cause: error, sub: this.name }));
    }
  }

  // --- going back, waiting, ending -----------------------------------------------------------------------------

  /** Something is missing: ask again from the last message we have. */
  #resubscribe(attachment, detail) {
    attachment.flush();
    attachment.pending = true;
    this.#host.emit('hole', { sub: this.name, ...detail });
    const now = this.#host.clock.elapsed();
    const rare = now - this.#lastHole > RARE_HOLE_MS;
    this.#lastHole = now;
    if (rare) this.#holes.reset();
    this.#later(rare ? 0 : this.#holes.next(), () => this.#ask(attachment));
  }

  #ask(attachment) {
    if (attachment !== this.#newest || !attachment.connection.open) return;
    attachment.connection.send({ op: 'unsubscribe', sub: this.name });
    attachment.connection.send({ op: 'subscribe', ...this.#request() });
  }

  /** Too much in hand: leave, and come back when half of it is done. The log keeps the rest. */
  #park() {
    this.#parked = true;
    this.#detachAll({ op: 'unsubscribe', sub: this.name });
    this.#pump();
  }

  #detachAll(farewell) {
    for (const attachment of this.#attachments.values()) {
      attachment.flush();
      if (farewell && attachment.connection.open) attachment.connection.send(farewell);
    }
    this.#attachments.clear();
  }

  #end(forget, error) {
    if (this.ended) return;
    this.ended = true;
    for (const timer of this.#timers) this.#host.clock.clearTimeout(timer);
    const attached = this.#attachments.size > 0;
    this.#detachAll(forget ? { op: 'unsubscribe', sub: this.name, forget } : { op: 'unsubscribe', sub: this.name });
    this.#waiting.length = 0;
    this.#entries.clear();
    this.#ready.reject(error);
    this.#host.emit('ended', { sub: this.name, error });
    this.#host.ended(this, forget && !attached);
  }

  /** The client is closed: no farewell can be sent. */
  abandon(error) {
    this.#detachAll();
    this.#end(false, error);
  }

  #later(ms, run) {
    if (ms <= 0) return run();
    const timer = this.#host.clock.setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }
}
