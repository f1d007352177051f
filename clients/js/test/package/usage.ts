// Compiled by types.test.js, never run.
import { ClosedError, connect, HongyanError, QueueFullError, type Message, type Published, type SubscribeOptions } from 'hongyan-client';

interface Order {
  id: number;
}

let stored: number | undefined;
const client = connect({
  url: 'wss://hongyan.example/ws/v1',
  token: async () => 'jwt',
  client: 'pos-7',
  serials: { load: () => stored, save: (next) => void (stored = next) },
});

const off: () => void = client.on('state', ({ state, delayMs }) => {
  if (state === 'waiting') console.log((delayMs ?? 0).toFixed());
});
client.on('gap', ({ sub, from }) => console.log(sub.length, from));

const orders = client.subscribe<Order>({ sub: 'orders', topics: ['app.#'], mode: 'durable', onFailure: 'term' }, async (message) => {
  const id: number | undefined = message.event.data?.id;
  if (id === undefined) message.term('no id');
  const { how } = await client.reply(message.event.id, { type: 'text', content: 'ok' });
  if (how === 'too-late') console.log(message.deadline?.getTime());
});
const jobs: SubscribeOptions = { sub: 'jobs', topics: ['#'], mode: 'shared', nackDelayMs: (message: Message) => message.attempt * 1_000 };
client.subscribe(jobs, (message) => message.extend(1_000));
client.subscribe({ sub: 'page', topics: ['#'], onCursor: (cursor) => cursor.length }, () => {});

const published: Promise<Published> = client.publish({ topic: 'app.orders', subject: 's', data: { n: 1 }, delayMs: 5 });
published.catch((error: unknown) => {
  if (error instanceof QueueFullError || error instanceof ClosedError) console.log(error.code, error.retry);
  else if (error instanceof HongyanError) console.log(error.closeCode);
});
orders.ready.then(({ verdict }) => verdict === 'resumed');
orders.unsubscribe({ forget: true }).then(off);

// @ts-expect-error there is no such mode
client.subscribe({ sub: 's', topics: ['#'], mode: 'fanout' }, () => {});
// @ts-expect-error a live message cannot be given back
client.subscribe({ sub: 's', topics: ['#'], mode: 'live', onFailure: 'nack' }, () => {});
// @ts-expect-error there is no such state
client.on('state', ({ state }) => state === 'connected');
