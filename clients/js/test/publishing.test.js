import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueueFullError } from '../src/index.node.js';
import { openWorld, world } from './support/world.js';

const order = (n) => ({ topic: 'app.orders', subject: `u${n}`, data: { n } });

test('a publish resolves with what the server confirmed', async (t) => {
  const { client, session } = await openWorld(t);
  const sent = client.publish({ ...order(1), delayMs: 10, ttlMs: 1_000 });
  const { serial, ...op } = await session.take('publish');
  assert.deepEqual(op, { op: 'publish', ...order(1), delayMs: 10, ttlMs: 1_000 });
  session.send({ op: 'published', serial, id: '7', cursor: 'e:1' });
  assert.deepEqual(await sent, { id: '7', cursor: 'e:1', duplicate: false });
  assert.equal(client.unpublished, 0);
});

test('publishes made offline wait and leave in order with growing serials', async (t) => {
  const { client, server } = await world(t);
  for (const n of [1, 2, 3]) client.publish(order(n)).catch(() => {});
  client.connect();
  const session = await server.greeted();
  const ops = [await session.take('publish'), await session.take('publish'), await session.take('publish')];
  assert.deepEqual(ops.map((op) => op.data.n), [1, 2, 3]);
  assert.ok(ops[0].serial < ops[1].serial && ops[1].serial < ops[2].serial);
});

test('a full queue says so and keeps what it has', async (t) => {
  const { client } = await world(t, { queueMessages: 2 });
  client.publish(order(1)).catch(() => {});
  client.publish(order(2)).catch(() => {});
  await assert.rejects(client.publish(order(3)), QueueFullError);
  assert.equal(client.unpublished, 2);
});

test('the queue is bounded in bytes too', async (t) => {
  const { client } = await world(t, { queueBytes: 100 });
  client.publish({ topic: 'app.x', data: 'é'.repeat(20) }).catch(() => {});
  await assert.rejects(client.publish({ topic: 'app.x', data: 'é'.repeat(20) }), { code: 'queue-full' });
});

test('a publish that fits no frame is refused at once', async (t) => {
  const { client } = await world(t);
  await assert.rejects(client.publish({ topic: 'app.x', data: 'x'.repeat(70_000) }), { code: 'too-large' });
});

test('many publishes of one turn share frames, none above the limit', async (t) => {
  const { client, session } = await openWorld(t);
  const before = session.frames;
  for (let n = 0; n < 100; n++) client.publish({ topic: 'app.x', data: `${n}-${'x'.repeat(1_000)}` }).catch(() => {});
  for (let n = 0; n < 100; n++) await session.take('publish');
  assert.ok(session.frames - before < 20, `${session.frames - before} frames`);
});

test('what was not confirmed goes again after a cut under the same serial, before anything new', async (t) => {
  const { client, session, server, clock, state } = await openWorld(t);
  const first = client.publish(order(1));
  const second = client.publish(order(2));
  const [one, two] = [await session.take('publish'), await session.take('publish')];
  session.send({ op: 'published', serial: one.serial, id: '1', cursor: 'e:1' });
  await first;
  session.drop();
  const { delayMs } = await state('waiting');
  const third = client.publish(order(3));
  clock.advance(delayMs);
  const next = await server.greeted();
  assert.deepEqual(await next.take('publish'), two);
  const three = await next.take('publish');
  next.send({ op: 'published', serial: two.serial, id: '2', cursor: 'e:2', duplicate: true }, { op: 'published', serial: three.serial, id: '3', cursor: 'e:3' });
  assert.equal((await second).duplicate, true);
  assert.equal((await third).id, '3');
});

test('serials are stored in blocks before they are used, and go on behind them', async (t) => {
  let stored = 700;
  const serials = { load: async () => stored, save: async (next) => void (stored = next) };
  const { client, session } = await openWorld(t, { serials });
  client.publish(order(1)).catch(() => {});
  assert.equal((await session.take('publish')).serial, 700);
  assert.equal(stored, 800);
  for (let n = 0; n < 100; n++) client.publish(order(n)).catch(() => {});
  for (let n = 701; n <= 800; n++) assert.equal((await session.take('publish')).serial, n);
  assert.equal(stored, 900);
});

test('a store that fails refuses the publish instead of reusing a serial', async (t) => {
  let broken = true;
  const serials = {
    load: () => 1,
    save: () => {
      if (broken) throw new Error('disk full');
    },
  };
  const { client, session } = await openWorld(t, { serials });
  await assert.rejects(client.publish(order(1)), { code: 'serial-store-failed' });
  broken = false;
  client.publish(order(2)).catch(() => {});
  assert.equal((await session.take('publish')).data.n, 2);
});

test('without a store serials start at the time, so a new process repeats none', async (t) => {
  const { client, session, clock } = await openWorld(t);
  client.publish(order(1)).catch(() => {});
  assert.equal((await session.take('publish')).serial, clock.now() * 1_000);
});

test('a refused publish is rejected; one refused for now goes again when the server says', async (t) => {
  const { client, session, clock } = await openWorld(t);
  const bad = client.publish(order(1));
  const { serial } = await session.take('publish');
  session.send({ op: 'error', code: 'forbidden-topic', message: 'not yours', retry: 'never', serial });
  await assert.rejects(bad, { code: 'forbidden-topic', serial });
  const busy = client.publish(order(2));
  const first = await session.take('publish');
  session.send({ op: 'error', code: 'rate-limited', message: 'slow down', retry: 'later', retryAfterMs: 2_000, serial: first.serial }, { op: 'beat', t: 0, n: 0 });
  const { events } = { events: new Promise((resolve) => client.on('beat', resolve)) };
  await events;
  clock.advance(2_000);
  assert.deepEqual(await session.take('publish'), first);
  session.send({ op: 'published', serial: first.serial, id: '2', cursor: 'e:2' });
  await busy;
});

test('a close that ends the client rejects what waits', async (t) => {
  const { client, session } = await openWorld(t);
  const sent = client.publish(order(1));
  await session.take('publish');
  session.close(4403, 'forbidden');
  await assert.rejects(sent, { code: 'closed', closeCode: 4403 });
});

test('a reply resolves with how it went, and a refused one rejects', async (t) => {
  const { client, session } = await openWorld(t);
  const message = { type: 'text', content: 'hi' };
  const good = client.reply('ev-1', message);
  assert.deepEqual(await session.take('reply'), { op: 'reply', id: 'ev-1', message });
  session.send({ op: 'replied', id: 'ev-1', how: 'passive' });
  assert.deepEqual(await good, { how: 'passive' });
  const bad = client.reply('ev-2', message);
  await session.take('reply');
  session.send({ op: 'error', code: 'not-repliable', message: 'an event of ours', retry: 'never' });
  await assert.rejects(bad, { code: 'not-repliable' });
});

test('a reply whose connection ends has an unknown outcome and is not sent twice', async (t) => {
  const { client, session, state } = await openWorld(t);
  const sent = client.reply('ev-1', { type: 'text', content: 'hi' });
  await session.take('reply');
  session.drop();
  await assert.rejects(sent, { code: 'unknown-outcome' });
  await state('waiting');
  await assert.rejects(client.reply('ev-2', {}), { code: 'not-connected' });
});
