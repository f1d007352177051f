/** One message as a handler sees it. Returning from the handler acks it. */
export class Message {
  #controls;

  /**
   * @param {string} sub
   * @param {any} wire a `msg` of the server
   * @param {{ extend: (ms: number) => void }} controls
   */
  constructor(sub, wire, controls) {
    this.#controls = controls;
    /** Name of the subscription. */
    this.sub = sub;
    /** Opaque place in the log. */
    this.cursor = wire.cursor;
    /** 1, and more when it comes again. */
    this.attempt = wire.attempt ?? 1;
    /** When it becomes useless, if ever. */
    this.deadline = wire.deadline === undefined ? undefined : new Date(wire.deadline);
    /** The CloudEvent. */
    this.event = wire.event;
    /** Set by {@link term}. */
    this.termReason = undefined;
  }

  /** `shared` only: still working, do not give it to another for `ms`. */
  extend(ms) {
    this.#controls.extend(ms);
  }

  /** `durable` and `shared`: this one is beyond help. When the handler ends, it goes to dead letters. */
  term(reason) {
    this.termReason = String(reason);
  }
}
