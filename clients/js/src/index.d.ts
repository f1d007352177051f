/** A CloudEvent 1.0 in JSON form. */
export interface CloudEvent<T = unknown> {
  specversion: string;
  id: string;
  type: string;
  source: string;
  subject?: string;
  time?: string;
  datacontenttype?: string;
  data?: T;
  [extension: string]: unknown;
}

export type State = 'connecting' | 'open' | 'waiting' | 'offline' | 'closed';
export type Mode = 'live' | 'durable' | 'shared';

export interface Message<T = unknown> {
  /** Name of the subscription. */
  readonly sub: string;
  /** Opaque place in the log. */
  readonly cursor: string;
  /** 1, and more when it comes again. */
  readonly attempt: number;
  /** When it becomes useless, if ever. */
  readonly deadline?: Date;
  readonly event: CloudEvent<T>;
  /** `shared`: still working, do not give it to another for `ms`. */
  extend(ms: number): void;
  /** `durable` and `shared`: to dead letters when the handler ends. */
  term(reason: string): void;
}

interface AnySubscription {
  /** Name of the subscription; durable and shared ones are known to the server under it. */
  sub: string;
  /** Patterns: `*` is one word, `#` any number. */
  topics: string[];
  /** Where to start: a cursor, `first` or `now`. A known durable or shared name ignores it unless `seek` is true. */
  cursor?: string;
  /** Messages in hand at most, 256 by default. */
  window?: number;
  /** Bytes in hand at most, 1 MiB by default. */
  windowBytes?: number;
  /** Handlers at a time: 1 by default (in order), `window` when shared (the server keeps each subject in order). */
  concurrency?: number;
}

export interface LiveSubscription extends AnySubscription {
  mode?: 'live';
  /** Called with the cursor up to which everything is handled; store it to go on from there. */
  onCursor?: (cursor: string) => void;
  /** What a failed handler means; `skip` by default. */
  onFailure?: 'skip' | 'retry' | 'stop';
}

export interface DurableSubscription extends AnySubscription {
  mode: 'durable';
  /** Once, at the first attach: move the known cursor to `cursor`. */
  seek?: boolean;
  /** At most one ack in so many ms, unless a quarter of the window waits for it; 200 by default, 0 for each turn. */
  ackEveryMs?: number;
  /** `retry` (default) tries again here, `stop` ends the subscription before the message, `term` sends it to dead letters. */
  onFailure?: 'retry' | 'stop' | 'term';
}

export interface SharedSubscription extends AnySubscription {
  mode: 'shared';
  seek?: boolean;
  /** How long the server waits for an ack before it gives the message to another, 30,000 by default. */
  ackTimeoutMs?: number;
  /** `nack` (default) gives it back, `term` sends it to dead letters. */
  onFailure?: 'nack' | 'term';
  /** How long a message given back should wait, 1,000 by default. */
  nackDelayMs?: number | ((message: Message, error: unknown) => number);
}

export type SubscribeOptions = LiveSubscription | DurableSubscription | SharedSubscription;

export interface Subscription {
  readonly name: string;
  readonly mode: Mode;
  /** `live`: everything up to here is handled. */
  readonly cursor: string | undefined;
  /** Handed to us and not yet finished. */
  readonly unfinished: number;
  /** True after `unsubscribe`, a refusal for good, or a failure under the rule `stop`. */
  readonly ended: boolean;
  /** Resolves with the server's first answer, rejects when it refuses for good. */
  readonly ready: Promise<Subscribed>;
  /** `durable`: says now what is done, instead of up to `ackEveryMs` later. */
  flush(): void;
  /** `forget` also deletes a durable or shared name's cursor on the server. */
  unsubscribe(options?: { forget?: boolean }): Promise<void>;
}

export interface Subscribed {
  sub: string;
  verdict: 'new' | 'resumed' | 'gap' | 'reset';
  cursor: string;
  head: string;
}

export interface Publish {
  /** Under `app.` */
  topic: string;
  subject?: string;
  data: unknown;
  delayMs?: number;
  ttlMs?: number;
}

export interface Published {
  id: string;
  cursor: string;
  duplicate: boolean;
}

export interface Events {
  state: { state: State; code?: number; reason?: string; delayMs?: number; attempt?: number; error?: HongyanError };
  error: HongyanError;
  subscribed: Subscribed;
  /** Messages between `from` and `to` are gone (`gap`), or the log was replaced (`reset`). */
  gap: { sub: string; verdict: 'gap' | 'reset'; from?: string; to?: string; reason?: string };
  /** A message was missing on the way; it is being asked for again. */
  hole: { sub: string; expected?: string; prev?: string; head?: string };
  goaway: { reason?: string; afterMs?: number; withinMs?: number };
  beat: { roundTripMs: number; n: number; now: number; behind: Record<string, number> };
  ended: { sub: string; error: HongyanError };
}

export interface Clock {
  now(): number;
  elapsed(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: any): void;
}

export interface Network {
  online(): boolean;
  listen(changed: () => void): () => void;
}

export interface SerialStore {
  /** The number saved last, or nothing. */
  load(): number | undefined | Promise<number | undefined>;
  save(next: number): void | Promise<void>;
}

export interface ClientOptions {
  /** `wss://host/ws/v1` */
  url: string;
  /** The JWT, or a function that gets one; it is called for each connection and before the old one expires. */
  token?: string | (() => string | Promise<string>);
  /** Stable id of this client; random by default. Keep it together with `serials`. */
  client?: string;
  /** Keeps publish serials over restarts; without one they start at the time. */
  serials?: SerialStore;
  /** Publishes that may wait, 1,000 by default. */
  queueMessages?: number;
  /** Bytes of publishes that may wait, 8 MiB by default. */
  queueBytes?: number;
  /** Where to ask whether the way is open; `/ping` on the same host by default. */
  ping?: string;
  /** Constructor to use instead of the platform's. */
  WebSocket?: any;
  fetch?: typeof fetch;
  clock?: Clock;
  network?: Network;
  random?: () => number;
}

export class Client {
  constructor(options: ClientOptions);
  readonly id: string;
  readonly state: State;
  /** Publishes that are not confirmed. */
  readonly unpublished: number;
  /** Starts; also after a close code that ended it. */
  connect(): this;
  /** Says now what is done and not yet said; also done on `close`, `goaway`, and when a page goes. */
  flush(): void;
  /** Ends for good. Durable and shared names keep their cursor. */
  close(): Promise<void>;
  on<K extends keyof Events>(type: K, listener: (detail: Events[K]) => void): () => void;
  /** Returning from the handler acks; a promise acks when it resolves. */
  subscribe<T = unknown>(options: SubscribeOptions, handler: (message: Message<T>) => unknown): Subscription;
  /** Resolves when the server has it in its log; rejects with {@link QueueFullError} when too many wait. */
  publish(message: Publish): Promise<Published>;
  /** Answers a WeChat message by its event id. Never sent twice: rejects with `unknown-outcome` after a cut. */
  reply(id: string, message: object): Promise<{ how: 'passive' | 'customer-service' | 'too-late' }>;
}

/** A client that is on its way to be connected. */
export function connect(options: ClientOptions): Client;

export class HongyanError extends Error {
  readonly code: string;
  readonly retry: 'never' | 'later' | 'now';
  readonly sub?: string;
  readonly serial?: number;
  readonly closeCode?: number;
}
export class QueueFullError extends HongyanError {}
export class ClosedError extends HongyanError {}
