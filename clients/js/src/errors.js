/** What went wrong, with a stable `code` and whether trying again can help. */
export class HongyanError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ retry?: 'never' | 'later' | 'now', cause?: unknown, sub?: string, serial?: number, closeCode?: number }} [more]
   */
  constructor(code, message, more = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = new.target.name;
    this.code = code;
    this.retry = more.retry ?? 'never';
    if (more.sub !== undefined) this.sub = more.sub;
    if (more.serial !== undefined) this.serial = more.serial;
    if (more.closeCode !== undefined) this.closeCode = more.closeCode;
  }

  /** @param {any} op an `error` of the server */
  static of(op) {
    return new HongyanError(op.code, op.message ?? op.code, op);
  }
}

/** The queue of publishes is full; nothing was queued. */
export class QueueFullError extends HongyanError {
  constructor(message) {
    super('queue-full', message, { retry: 'later' });
  }
}

/** The client is closed, by itself (`closeCode` tells why) or by `close()`. */
export class ClosedError extends HongyanError {
  constructor(message, closeCode) {
    super('closed', message, { closeCode });
  }
}
