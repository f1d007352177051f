/**
 * One subscription on one connection: where the server's deliveries stand there, and the acks that wait to go out.
 * While we move from one connection to another a subscription has two of these.
 */
export class Attachment {
  #sub;
  #clock;
  #pace;
  #ackCursor;
  #ackCursors = [];
  #flushing = false;
  #unsaid = 0;
  #unsaidSize = 0;
  #saidAt = -Infinity;
  #timer;

  /** Asked for and not yet answered: what arrives now belongs to an earlier request and is ignored. */
  pending = true;
  /** Cursor of the message delivered last, or of the start. */
  last;
  /** End of an announced gap: deliveries may go on from there. */
  gapTo;
  /** The `last` at which a beat disagreed with us. */
  suspect;

  /**
   * @param {object} pace   when a cumulative ack leaves: `everyMs` after the one before at the earliest, unless
   *   `messages` or `size` of what it covers have gathered
   */
  constructor(connection, sub, clock, pace) {
    this.connection = connection;
    this.#sub = sub;
    this.#clock = clock;
    this.#pace = pace;
  }

  get alive() {
    return this.connection.open && !this.pending;
  }

  started(cursor) {
    this.pending = false;
    this.last = cursor;
    this.gapTo = this.suspect = undefined;
  }

  /** True when a delivery that names `prev` follows what we have. */
  continues(prev) {
    return prev === undefined || prev === this.last || prev === this.gapTo;
  }

  /**
   * Everything up to and including `cursor` is done. The first is said at once; those that follow soon after it
   * wait and leave as one, because each costs the server a read and says no more than the next one.
   */
  ackUpTo(cursor, size) {
    this.#ackCursor = cursor;
    this.#unsaid++;
    this.#unsaidSize += size;
    const { everyMs, messages, size: most } = this.#pace;
    const waitMs = this.#saidAt + everyMs - this.#clock.elapsed();
    if (waitMs <= 0 || this.#unsaid >= messages || this.#unsaidSize >= most) this.#flushSoon();
    else this.#timer ??= this.#clock.setTimeout(() => this.flush(), waitMs);
  }

  ackOne(cursor) {
    this.#ackCursors.push(cursor);
    this.#flushSoon();
  }

  nack(cursor, delayMs) {
    this.#send({ op: 'nack', sub: this.#sub, cursors: [cursor], ...(delayMs > 0 && { delayMs: Math.round(delayMs) }) });
  }

  extend(cursor, ms) {
    this.#send({ op: 'extend', sub: this.#sub, cursors: [cursor], ms });
  }

  term(cursor, reason) {
    this.#send({ op: 'term', sub: this.#sub, cursors: [cursor], reason });
  }

  #flushSoon() {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends the acks that wait. */
  flush() {
    this.#flushing = false;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unsaid = this.#unsaidSize = 0;
    if (this.#ackCursor !== undefined) this.#saidAt = this.#clock.elapsed();
    if (this.#ackCursor !== undefined) this.#send({ op: 'ack', sub: this.#sub, cursor: this.#ackCursor });
    if (this.#ackCursors.length > 0) this.#send({ op: 'ack', sub: this.#sub, cursors: this.#ackCursors });
    this.#ackCursor = undefined;
    this.#ackCursors = [];
  }

  #send(op) {
    if (this.alive) this.connection.send(op);
  }
}
