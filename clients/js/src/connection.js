import { HongyanError } from './errors.js';

const WELCOME_WITHIN_MS = 15_000;

/**
 * One WebSocket from handshake to close: says hello, joins outgoing lines into frames, takes incoming frames apart,
 * beats, and gives up after a silence. Reconnecting is not its business.
 *
 * @typedef {object} Listener
 * @property {(connection: Connection) => object[]} subscriptions      what `hello` asks for
 * @property {(connection: Connection) => void} opened                 after `welcome`
 * @property {(connection: Connection, op: any, messages: any[]) => void} received   `messages` follow a `deliver`, each
 *   with its `size` in characters
 * @property {(connection: Connection, code: number, reason: string, error?: Error) => void} closed   once
 */
export class Connection {
  #clock;
  #setup;
  #listener;
  #socket;
  #lines = [];
  #size = 0;
  #beats = 0;
  #heard = 0;
  #beatTimer;
  #deadTimer;
  #checkTimer;
  #deadMs = WELCOME_WITHIN_MS;
  #beatMs = 20_000;

  /** Frames we send hold at most this many bytes; `welcome` may say more or less. */
  maxFrame = 65_536;
  /** True between `welcome` and the end. */
  open = false;
  /** True when it is over. */
  over = false;

  /**
   * @param {object} setup
   * @param {import('./clock.js').Clock} setup.clock
   * @param {string} setup.url
   * @param {string} setup.client
   * @param {() => (string | undefined | Promise<string | undefined>)} setup.token
   * @param {() => (any | Promise<any>)} setup.webSocket   gives the constructor
   * @param {Listener} listener
   */
  constructor(setup, listener) {
    this.#clock = setup.clock;
    this.#setup = setup;
    this.#listener = listener;
    this.#watch();
    this.#dial();
  }

  async #dial() {
    await undefined; // whoever made us must know us before we can fail
    if (this.over) return;
    try {
      const [token, WebSocket] = await Promise.all([this.#setup.token(), this.#setup.webSocket()]);
      if (this.over) return;
      const protocols = token ? ['hongyan.v1', `bearer.${token}`] : ['hongyan.v1'];
      const socket = (this.#socket = new WebSocket(this.#setup.url, protocols));
      socket.onopen = () => this.#hello();
      socket.onmessage = (event) => this.#frame(event.data);
      socket.onerror = () => {};
      socket.onclose = (event) => this.#end(event.code, event.reason ?? '');
    } catch (error) {
      this.#end(1006, 'could not connect', new HongyanError('connect-failed', `could not connect: ${error.message}`, { cause: error }));
    }
  }

  #hello() {
    if (this.over) return;
    const hello = { op: 'hello', client: this.#setup.client };
    const subscribe = this.#listener.subscriptions(this);
    const whole = { ...hello, subscribe };
    if (subscribe.length > 0 && utf8Length(JSON.stringify(whole)) < this.maxFrame) return this.send(whole);
    this.send(hello);
    for (const request of subscribe) this.send({ op: 'subscribe', ...request });
  }

  /** Queues one operation; all of one turn of the event loop leave in one frame. */
  send(op) {
    this.sendLine(JSON.stringify(op));
  }

  /** @param {string} line one operation as JSON */
  sendLine(line) {
    if (this.over) return;
    const size = utf8Length(line) + 1;
    if (this.#size + size > this.maxFrame) this.#flush();
    if (this.#lines.push(line) === 1) queueMicrotask(() => this.#flush());
    this.#size += size;
  }

  #flush() {
    if (this.#lines.length === 0 || this.over) return;
    const frame = this.#lines.join('\n');
    this.#lines = [];
    this.#size = 0;
    this.#socket.send(frame);
  }

  #frame(data) {
    if (this.over) return;
    this.#heard = this.#clock.elapsed();
    try {
      if (typeof data !== 'string') throw new Error('not text');
      const lines = data.split('\n');
      for (let at = 0; at < lines.length; at++) {
        if (lines[at] === '') continue;
        const op = JSON.parse(lines[at]);
        const messages = [];
        if (op.op === 'deliver') {
          for (let left = op.n; left > 0; left--) {
            const message = JSON.parse(lines[++at] ?? 'null');
            if (message?.op !== 'msg') throw new Error('deliver without its messages');
            message.size = lines[at].length;
            messages.push(message);
          }
        }
        this.#operation(op, messages);
        if (this.over) return;
      }
    } catch (error) {
      this.drop(1002, new HongyanError('bad-frame', `the server sent a bad frame: ${error.message}`, { cause: error }));
    }
  }

  #operation(op, messages) {
    if (op.op === 'welcome') {
      this.maxFrame = op.maxFrame ?? this.maxFrame;
      this.#deadMs = op.deadMs ?? 45_000;
      this.#beatMs = op.beatMs ?? this.#beatMs;
      this.open = true;
      this.#watch();
      this.#beatLater();
      this.#listener.opened(this);
    } else {
      this.#listener.received(this, op, messages);
    }
  }

  /** Says that we live; the answer says what the server sent last. */
  beat() {
    this.send({ op: 'beat', t: this.#clock.now(), n: ++this.#beats });
  }

  #beatLater() {
    this.#beatTimer = this.#clock.setTimeout(() => {
      this.beat();
      this.#beatLater();
    }, this.#beatMs);
  }

  /** Silence counts from now. One timer for the whole silence: hearing something only notes the time. */
  #watch() {
    this.#heard = this.#clock.elapsed();
    this.#watchFor(this.#deadMs);
  }

  #watchFor(ms) {
    this.#clock.clearTimeout(this.#deadTimer);
    this.#deadTimer = this.#clock.setTimeout(() => {
      const left = this.#heard + this.#deadMs - this.#clock.elapsed();
      if (left > 0) this.#watchFor(left);
      else this.drop(4001, new HongyanError('silence', 'the server was silent for too long', { retry: 'now' }));
    }, ms);
  }

  /** Asks for a sign of life within `ms`, for when the network has changed under us. */
  check(ms) {
    const asked = this.#clock.elapsed();
    this.beat();
    this.#clock.clearTimeout(this.#checkTimer);
    this.#checkTimer = this.#clock.setTimeout(() => {
      if (!this.over && this.#heard <= asked) {
        this.drop(4001, new HongyanError('silence', 'no sign of life after the network changed', { retry: 'now' }));
      }
    }, ms);
  }

  /** Ends it in good order, after what was queued. */
  close() {
    if (this.over) return;
    if (this.open) this.#flush();
    this.#stop(1000);
  }

  /** Gives it up at once and reports it as a failure of the network. */
  drop(code, error) {
    if (this.over) return;
    this.#stop(code === 1002 ? 4400 : code);
    this.#listener.closed(this, 1006, error.message, error);
  }

  #stop(code) {
    this.#finish();
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close(code);
  }

  #end(code, reason, error) {
    if (this.over) return;
    this.#finish();
    this.#listener.closed(this, code, reason, error);
  }

  #finish() {
    this.over = true;
    this.open = false;
    this.#clock.clearTimeout(this.#beatTimer);
    this.#clock.clearTimeout(this.#checkTimer);
    this.#clock.clearTimeout(this.#deadTimer);
  }
}

/** Length in UTF-8 without encoding it. A lone surrogate counts three, as its replacement does. */
export function utf8Length(text) {
  let size = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    if (unit < 0x800) size += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      size += 2;
      at++;
    } else size += 2;
  }
  return size;
}
