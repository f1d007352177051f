import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../src/index.node.js';
import { Place, skip } from './support/node.js';
import { Received, percentile, range } from './support/received.js';

test('a second process takes over while the first drains, and no handler notices', { skip }, async (t) => {
  const place = await Place.open(t);
  const tenant = await place.tenant('acme');
  const readers = [];
  const trouble = [];
  for (const mode of ['live', 'live', 'live', 'durable', 'durable', 'durable']) {
    const name = `${mode}-${readers.length}`;
    const client = connect({ url: place.url, client: name, token: await tenant.token(name) });
    t.after(() => client.close());
    const received = new Received();
    const reader = { name, received, moves: 0 };
    await client.subscribe({ sub: name, topics: ['app.stream'], mode }, received.handle).ready;
    client.on('goaway', () => reader.moves++);
    client.on('state', ({ state, code }) => trouble.push(`${name}: ${state} ${code ?? ''}`));
    client.on('gap', (gap) => trouble.push(`${name}: gap ${JSON.stringify(gap)}`));
    readers.push(reader);
  }

  let sent = 0;
  const answers = [];
  const timer = setInterval(() => answers.push(tenant.publish('app.stream', { n: sent++, at: Date.now() })), 10);
  t.after(() => clearInterval(timer));
  await readers[0].received.upTo(100);
  const first = place.node;
  await place.start();
  const begun = Date.now();
  const { code, signal } = await first.stop();
  const tookMs = Date.now() - begun;
  await readers[0].received.upTo(sent + 100);
  clearInterval(timer);
  await Promise.all(answers);

  const gaps = [];
  for (const { name, received, moves } of readers) {
    await received.upTo(sent);
    // requests that overlap may be logged in another order than they were sent
    assert.deepEqual([...received.numbers].sort((a, b) => a - b), range(sent), name);
    assert.equal(moves, 1, `${name} was told once`);
    gaps.push(Math.max(...received.pauses));
  }
  assert.deepEqual(trouble, []);
  assert.ok(code === 0 || code === 143 || signal === 'SIGTERM', `the first process ended with ${code ?? signal}`);
  const took = readers.flatMap(({ received }) => received.tookMs);
  t.diagnostic(
    `${sent} messages to ${readers.length} handlers, first process gone after ${tookMs} ms; publish to handler ` +
      `p50 ${percentile(took, 0.5)} p99 ${percentile(took, 0.99)} worst ${percentile(took, 1)} ms; ` +
      `longest pause between messages (10 ms apart) p50 ${percentile(gaps, 0.5)} p99 ${percentile(gaps, 0.99)} ms`,
  );
});
