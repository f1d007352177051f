import { Client } from '../../src/index.node.js';
import { ManualClock } from './clock.js';
import { Mailbox } from './mailbox.js';
import { FakeServer } from './server.js';

/** A fake server, a clock that stands still, and a client between them. Ended with the test. */
export async function world(t, options = {}) {
  const server = await FakeServer.start();
  const clock = new ManualClock();
  const network = new FakeNetwork();
  const dice = { value: 0.5 };
  const client = new Client({ url: server.url, client: 'pos-7', clock, network, random: () => dice.value, ...options });
  t.after(async () => {
    await client.close();
    await server.stop();
  });
  const events = {};
  for (const type of ['state', 'error', 'subscribed', 'gap', 'hole', 'goaway', 'beat', 'ended']) {
    events[type] = new Mailbox();
    client.on(type, (detail) => events[type].put(detail));
  }
  const state = (name) => events.state.take((detail) => detail.state === name);
  return { server, clock, network, dice, client, events, state };
}

/** A world whose client is open. */
export async function openWorld(t, options) {
  const all = await world(t, options);
  all.client.connect();
  const session = await all.server.greeted();
  await all.state('open');
  all.events.state.clear();
  return { ...all, session };
}

/** A handler under control of the test: each message waits until it is told how to end. */
export function handler() {
  const calls = new Mailbox();
  const seen = [];
  const handle = (message) => {
    seen.push(message.cursor);
    return new Promise((resolve, reject) => calls.put({ message, cursor: message.cursor, done: resolve, fail: reject }));
  };
  return { handle, seen, next: () => calls.take() };
}

class FakeNetwork {
  #listeners = new Set();
  #online = true;

  online = () => this.#online;

  listen = (changed) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  set(online) {
    this.#online = online;
    for (const changed of this.#listeners) changed();
  }
}
