import { Client } from './client.js';

export { Client };
export { HongyanError, QueueFullError, ClosedError } from './errors.js';

/** A client that is on its way to be connected. */
export function connect(options) {
  return new Client(options).connect();
}
