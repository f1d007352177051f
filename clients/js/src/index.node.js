import { Client as AnyClient } from './client.js';

export { HongyanError, QueueFullError, ClosedError } from './errors.js';

/** As in browsers; where Node has no WebSocket of its own (20), ours is loaded with the first connection. */
export class Client extends AnyClient {
  constructor(options) {
    super({ loadWebSocket: async () => (await import('./node/websocket.js')).NodeWebSocket, ...options });
  }
}

/** A client that is on its way to be connected. */
export function connect(options) {
  return new Client(options).connect();
}
