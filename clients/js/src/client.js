import { Backoff } from './backoff.js';
import { systemClock } from './clock.js';
import { ClosedError, HongyanError } from './errors.js';
import { Lifeline } from './lifeline.js';
import { pingUrl, platformNetwork, probe, whenPageGoes } from './network.js';
import { Outbox } from './outbox.js';
import { Replies } from './replies.js';
import { Subscription } from './subscription.js';

const SUBSCRIPTIONS_MAX = 100;

/** A client of one tenant: one connection that mends itself, its subscriptions, publishes and replies. */
export class Client {
  #clock;
  #random;
  #token;
  #lifeline;
  #outbox;
  #replies;
  #subscriptions = new Map();
  #forgotten = new Set();
  #listeners = new Map();
  #closing = false;
  #unlisten;

  /** @param {import('./index.js').ClientOptions} options */
  constructor(options) {
    const { url, token, clock = systemClock, random = Math.random, network = platformNetwork, fetch = globalThis.fetch } = options;
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!WebSocket && !options.loadWebSocket) throw new TypeError('this platform has no WebSocket; pass one as option WebSocket');
    this.#clock = clock;
    this.#random = random;
    this.#token = typeof token === 'function' ? token : () => token;
    /** Stable id of this client: with a publish's serial it recognises what was sent twice. */
    this.id = options.client ?? `js-${randomName(random)}`;
    this.#outbox = new Outbox({ clock, store: options.serials, queueMessages: options.queueMessages ?? 1_000, queueBytes: options.queueBytes ?? 8 * 1024 * 1024 });
    this.#replies = new Replies(clock);
    this.#lifeline = new Lifeline({
      clock,
      random,
      network,
      url,
      client: this.id,
      token: this.#token,
      webSocket: () => WebSocket ?? options.loadWebSocket(),
      probe: () => probe(options.ping ?? pingUrl(url), clock, fetch),
      subscriptions: (connection) => this.#wanted().map((sub) => sub.attach(connection)),
      onOpen: (connection) => this.#opened(connection),
      onGone: (connection) => this.#gone(connection),
      onOperation: (connection, op, messages) => this.#operation(connection, op, messages),
      onState: (state, detail) => this.#entered(state, detail),
      onError: (error) => this.#emit('error', error),
    });
  }

  /** `connecting`, `open`, `waiting`, `offline` or `closed`. */
  get state() {
    return this.#lifeline.state;
  }

  /** Publishes that are not confirmed. */
  get unpublished() {
    return this.#outbox.size;
  }

  /** Starts; also after a close code that ended it. Does nothing when it runs. */
  connect() {
    this.#closing = false;
    this.#unlisten ??= whenPageGoes(() => this.flush());
    this.#lifeline.start();
    return this;
  }

  /** Says now what is done and not yet said; also done on `close`, `goaway`, and when a page goes. */
  flush() {
    for (const subscription of this.#subscriptions.values()) subscription.flush();
  }

  /** Ends for good: subscriptions end (durable ones keep their cursor), waiting publishes are rejected. */
  async close() {
    this.#closing = true;
    this.#unlisten?.();
    this.#unlisten = undefined;
    const error = new ClosedError('the client was closed');
    for (const subscription of [...this.#subscriptions.values()]) subscription.abandon(error);
    this.#lifeline.stop();
    this.#outbox.fail(error);
  }

  /** @returns {() => void} the function that stops listening */
  on(type, listener) {
    const listeners = this.#listeners.get(type) ?? this.#listeners.set(type, new Set()).get(type);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** @returns {Subscription} */
  subscribe(options, handler) {
    const { sub } = options;
    if (this.#closing) throw new ClosedError('the client was closed');
    if (typeof sub !== 'string' || sub === '') throw new TypeError('a subscription needs a name: { sub }');
    if (!Array.isArray(options.topics) || options.topics.length === 0) throw new TypeError('a subscription needs topics');
    if (this.#subscriptions.has(sub)) throw new HongyanError('already-subscribed', `${sub} is subscribed already`, { sub });
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX) throw new HongyanError('too-many-subscriptions', `at most ${SUBSCRIPTIONS_MAX} on one client`, { sub });
    const host = {
      clock: this.#clock,
      random: this.#random,
      emit: (type, detail) => this.#emit(type, detail),
      settled: () => this.#settled(),
      wanted: (subscription) => this.#attach(subscription),
      ended: (subscription, forget) => {
        if (this.#subscriptions.get(sub) === subscription) this.#subscriptions.delete(sub);
        if (forget) this.#forget(sub);
        this.#settled();
      },
    };
    const subscription = new Subscription(host, options, handler);
    this.#subscriptions.set(sub, subscription);
    this.#forgotten.delete(sub);
    this.#attach(subscription);
    return subscription;
  }

  /** Resolves when the server has it in its log. Waits in a bounded queue while there is no connection. */
  publish(message) {
    if (this.#closing) return Promise.reject(new ClosedError('the client was closed'));
    return this.#outbox.publish(message);
  }

  /** Answers a WeChat message by its event id. */
  reply(id, message) {
    return this.#replies.send(this.#lifeline.connection, id, message);
  }

  // --- connections ---------------------------------------------------------------------------------------------

  #wanted() {
    return [...this.#subscriptions.values()].filter((sub) => !sub.parked);
  }

  #attach(subscription) {
    const connection = this.#lifeline.connection;
    if (connection && !subscription.attachedTo(connection)) connection.send({ op: 'subscribe', ...subscription.attach(connection) });
  }

  #forget(sub) {
    const connection = this.#lifeline.connection;
    if (connection) connection.send({ op: 'unsubscribe', sub, forget: true });
    else if (this.#forgotten.size < SUBSCRIPTIONS_MAX) this.#forgotten.add(sub);
  }

  #opened(connection) {
    for (const subscription of this.#wanted()) this.#attach(subscription);
    for (const sub of this.#forgotten) connection.send({ op: 'unsubscribe', sub, forget: true });
    this.#forgotten.clear();
    this.#outbox.attach(connection);
    this.#settled();
  }

  /** When every subscription has arrived on the newest connection, the one before it may go. */
  #settled() {
    const connection = this.#lifeline.connection;
    if (connection && !this.#wanted().some((sub) => sub.pendingOn(connection))) this.#lifeline.settled(connection);
  }

  #gone(connection) {
    for (const subscription of this.#subscriptions.values()) subscription.detach(connection);
    this.#outbox.detach(connection);
    this.#replies.lost(connection);
  }

  #entered(state, detail) {
    this.#emit('state', { state, ...detail });
    if (state === 'closed' && detail.error) this.#outbox.fail(detail.error);
  }

  // --- what the server says ------------------------------------------------------------------------------------

  #operation(connection, op, messages) {
    const subscription = op.sub === undefined ? undefined : this.#subscriptions.get(op.sub);
    switch (op.op) {
      case 'deliver':
        return subscription?.onDeliver(op, messages, connection);
      case 'subscribed':
        return subscription?.onSubscribed(op, connection);
      case 'gap':
        return subscription?.onGap(op, connection);
      case 'published':
        return this.#outbox.published(op);
      case 'replied':
        return this.#replies.replied(op);
      case 'beat':
        return this.#beaten(connection, op);
      case 'expiring':
        return void this.#renew(connection, op.inMs);
      case 'goaway':
        this.flush();
        this.#emit('goaway', { reason: op.reason, afterMs: op.afterMs, withinMs: op.withinMs });
        return this.#lifeline.move(connection, op.afterMs);
      case 'error':
        return this.#refused(connection, op, subscription);
      default: // a newer server may say more than we know
    }
  }

  #beaten(connection, op) {
    let doubtful = false;
    for (const [sub, head] of Object.entries(op.heads ?? {})) {
      if (this.#subscriptions.get(sub)?.onHead(head, connection)) doubtful = true;
    }
    this.#emit('beat', { roundTripMs: this.#clock.now() - op.t, n: op.n, now: op.now, behind: op.behind ?? {} });
    if (doubtful) connection.beat();
  }

  #refused(connection, op, subscription) {
    if (op.serial !== undefined && this.#outbox.refused(op)) return;
    if (subscription) return subscription.onError(op, connection);
    if (this.#replies.refused(op, connection)) return;
    this.#emit('error', HongyanError.of(op));
  }

  async #renew(connection, inMs) {
    const backoff = new Backoff({ random: this.#random });
    const until = this.#clock.elapsed() + (inMs ?? 60_000);
    while (!connection.over && this.#clock.elapsed() < until) {
      try {
        return connection.send({ op: 'auth', token: await this.#token() });
      } catch (error) {
        this.#emit('error', new HongyanError('token-failed', `no new token: ${error.message}`, { cause: error, retry: 'later' }));
        await new Promise((resolve) => this.#clock.setTimeout(resolve, backoff.next()));
      }
    }
  }

  #emit(type, detail) {
    for (const listener of this.#listeners.get(type) ?? []) {
      try {
        listener(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error; // a bug of the listener: shown as uncaught, and no harm to the connection
        });
      }
    }
  }
}

function randomName(random) {
  return globalThis.crypto?.randomUUID?.() ?? Math.floor(random() * 2 ** 52).toString(36);
}
