// node examples/orders.js: handles WeChat messages under a durable name, answers each, and publishes what it did.
//   HONGYAN_URL=ws://localhost:8080/ws/v1 HONGYAN_TOKEN=<client token> node examples/orders.js
import { connect } from 'hongyan-client';

const client = connect({
  url: process.env.HONGYAN_URL ?? 'ws://localhost:8080/ws/v1',
  token: () => process.env.HONGYAN_TOKEN,
  client: 'orders-example',
});
client.on('state', ({ state, delayMs, code }) => console.log('state', state, delayMs ?? '', code ?? ''));
client.on('error', (error) => console.error(error.code, error.message));
client.on('gap', (gap) => console.warn('messages are gone', gap));

client.subscribe({ sub: 'orders', topics: ['wx.mp.message.#'], mode: 'durable' }, async ({ event }) => {
  console.log(event.type, event.subject, event.data);
  await client.reply(event.id, { type: 'text', content: 'We are on it.' });
  await client.publish({ topic: 'app.orders.seen', subject: event.subject, data: { event: event.id } });
});

process.once('SIGINT', () => client.close());
