import { Backoff } from './backoff.js';
import { readClose } from './closing.js';
import { Connection } from './connection.js';
import { ClosedError, HongyanError } from './errors.js';

const HEALTHY_AFTER_MS = 30_000;
const SIGN_OF_LIFE_MS = 5_000;
const RETIRE_WITHIN_MS = 10_000;
/** How long we believe `navigator.onLine === false` without trying ourselves: some systems say it wrongly. */
const OFFLINE_TRUST_MS = 60_000;

/**
 * Keeps one good connection: dials, waits, probes, and on `goaway` makes the new one before it breaks the old.
 * Knows nothing of subscriptions.
 */
export class Lifeline {
  #setup;
  #clock;
  #backoff;
  #active = null;
  #second = null;
  #retiring = null;
  #timer;
  #moveTimer;
  #retireTimer;
  #healthTimer;
  #unlisten = () => {};
  #turn = 0;
  #attempts = 0;

  /** @type {'connecting' | 'open' | 'waiting' | 'offline' | 'closed'} */
  state = 'closed';

  /**
   * @param {object} setup also what {@link Connection} needs
   * @param {() => number} setup.random
   * @param {() => Promise<boolean>} setup.probe
   * @param {import('./network.js').Network} setup.network
   * @param {(state: string, detail: object) => void} setup.onState
   * @param {(error: Error) => void} setup.onError
   * @param {(connection: Connection) => object[]} setup.subscriptions
   * @param {(connection: Connection) => void} setup.onOpen
   * @param {(connection: Connection) => void} setup.onGone
   * @param {(connection: Connection, op: any, messages: any[]) => void} setup.onOperation
   */
  constructor(setup) {
    this.#setup = setup;
    this.#clock = setup.clock;
    this.#backoff = new Backoff({ random: setup.random });
  }

  /** The connection new operations go to, or null. */
  get connection() {
    return this.#active?.open ? this.#active : null;
  }

  start() {
    if (this.state !== 'closed') return;
    this.#unlisten = this.#setup.network.listen(() => this.#networkChanged());
    this.#connect();
  }

  /** Ends everything; `detail` tells the listeners why. */
  stop(detail = {}) {
    if (this.state === 'closed') return;
    this.#turn++;
    this.#unlisten();
    for (const timer of [this.#timer, this.#moveTimer, this.#retireTimer, this.#healthTimer]) this.#clock.clearTimeout(timer);
    const all = [this.#active, this.#second, this.#retiring];
    this.#active = this.#second = this.#retiring = null;
    for (const connection of all) this.#bury(connection);
    this.#backoff.reset();
    this.#attempts = 0;
    this.#enter('closed', detail);
  }

  /** `goaway`: the second connection starts after `afterMs`; this one serves until that has taken over. */
  move(connection, afterMs) {
    if (connection !== this.#active || this.#second || this.#moveTimer !== undefined) return;
    this.#moveTimer = this.#clock.setTimeout(() => {
      this.#moveTimer = undefined;
      if (connection === this.#active) this.#second = this.#dial();
    }, Math.max(0, afterMs ?? 0));
  }

  /** The subscriptions have arrived on `connection`: the one before it is not needed any more. */
  settled(connection) {
    if (connection !== this.#active || !this.#retiring) return;
    this.#buryRetiring();
  }

  #connect() {
    this.#turn++;
    this.#enter('connecting');
    this.#active = this.#dial();
  }

  #dial() {
    return new Connection(this.#setup, {
      subscriptions: this.#setup.subscriptions,
      opened: (connection) => this.#opened(connection),
      received: (connection, op, messages) => this.#setup.onOperation(connection, op, messages),
      closed: (connection, code, reason, error) => this.#closed(connection, code, reason, error),
    });
  }

  #opened(connection) {
    if (connection === this.#second) {
      this.#second = null;
      this.#buryRetiring();
      this.#retiring = this.#active;
      this.#active = connection;
      this.#retireTimer = this.#clock.setTimeout(() => this.settled(connection), RETIRE_WITHIN_MS);
    }
    this.#clock.clearTimeout(this.#healthTimer);
    this.#healthTimer = this.#clock.setTimeout(() => this.#healthy(), HEALTHY_AFTER_MS);
    this.#enter('open');
    this.#setup.onOpen(connection);
  }

  #healthy() {
    this.#backoff.reset();
    this.#attempts = 0;
  }

  #closed(connection, code, reason, error) {
    if (error) this.#setup.onError(error);
    if (connection === this.#retiring) {
      // 4409 is what it gets when the second connection attaches to its names: we did that ourselves.
      this.#retiring = null;
    } else if (connection === this.#second) {
      this.#second = null;
      if (!this.#active) this.#lost(code, reason);
      else this.#secondFailed(code, reason);
    } else if (connection === this.#active) {
      this.#active = null;
      this.#clock.clearTimeout(this.#healthTimer);
      this.#clock.clearTimeout(this.#moveTimer);
      this.#moveTimer = undefined;
      this.#buryRetiring();
      if (this.#second) this.#enter('connecting');
      else this.#lost(code, reason);
    }
    this.#setup.onGone(connection);
  }

  #buryRetiring() {
    this.#clock.clearTimeout(this.#retireTimer);
    const old = this.#retiring;
    this.#retiring = null;
    this.#bury(old);
  }

  #bury(connection) {
    if (!connection) return;
    connection.close();
    this.#setup.onGone(connection);
  }

  #secondFailed(code, reason) {
    const asked = readClose(code, reason);
    if (asked.kind === 'never') {
      this.#setup.onError(new HongyanError('move-refused', `could not move: closed with ${code} ${reason}`, { closeCode: code }));
    } else {
      this.move(this.#active, this.#delay(asked));
    }
  }

  #lost(code, reason) {
    const asked = readClose(code, reason);
    if (asked.kind === 'never') {
      const error = new ClosedError(`the server closed the connection: ${code} ${reason}`.trimEnd(), code);
      this.#setup.onError(error);
      this.stop({ code, reason, error });
      return;
    }
    const probe = asked.kind === 'network'; // after a 4xxx the server has just spoken to us: the way is open
    this.#wait(this.#delay(asked), probe, { code, reason });
  }

  #delay({ kind, afterMs }) {
    if (kind === 'now') return this.#backoff.hurry();
    // All who were turned away get the same hint: the jitter on top keeps them from coming back as one.
    if (kind === 'after') return afterMs + this.#setup.random() * 1_000;
    return this.#backoff.next();
  }

  #wait(delayMs, probe, detail = {}) {
    const turn = ++this.#turn;
    const offline = !this.#setup.network.online();
    const waitMs = offline ? OFFLINE_TRUST_MS : delayMs;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#retry(turn, probe || offline), waitMs);
    this.#enter(offline ? 'offline' : 'waiting', { ...detail, delayMs: waitMs, attempt: ++this.#attempts });
  }

  async #retry(turn, probe) {
    if (probe) {
      const reachable = await this.#setup.probe();
      if (turn !== this.#turn) return;
      if (!reachable) return this.#wait(this.#backoff.next(), true, { reason: 'no answer to /ping' });
    }
    this.#connect();
  }

  #networkChanged() {
    const online = this.#setup.network.online();
    if (this.#active?.open) this.#active.check(SIGN_OF_LIFE_MS);
    else if (online && this.state === 'offline') this.#wait(this.#setup.random() * 1_000, true, { reason: 'online again' });
    else if (!online && this.state === 'waiting') this.#wait(OFFLINE_TRUST_MS, true, { reason: 'offline' });
  }

  #enter(state, detail = {}) {
    if (state === this.state && state === 'open') return;
    this.state = state;
    this.#setup.onState(state, detail);
  }
}
