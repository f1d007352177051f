import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, QueueFullError } from '../../src/index.node.js';
import { Place, skip } from './support/node.js';
import { Received, entered, range } from './support/received.js';

describe('against the real server', { skip }, () => {
  let place;
  let tenant;
  let made = 0;

  before(async () => {
    place = await Place.open();
    tenant = await place.tenant('acme');
  });

  after(() => place?.close());

  async function client(t, options = {}) {
    const name = options.client ?? `c-${++made}`;
    const token = await tenant.token(name);
    const it = connect({ url: place.url, client: name, token: () => token, ...options });
    t.after(() => it.close());
    return it;
  }

  test('every live subscriber gets every message, and a cursor of ones own resumes', async (t) => {
    const publisher = await client(t);
    const readers = [];
    for (let n = 0; n < 2; n++) {
      const reader = await client(t);
      const received = new Received();
      let cursor;
      const subscription = reader.subscribe({ sub: 'all', topics: ['app.live'], onCursor: (it) => (cursor = it) }, received.handle);
      assert.equal((await subscription.ready).verdict, 'new');
      readers.push({ reader, received, cursor: () => cursor });
    }
    const confirmed = await Promise.all(range(40).map((n) => publisher.publish({ topic: 'app.live', data: { n } })));
    assert.equal(new Set(confirmed.map(({ id }) => id)).size, 40);
    for (const { received } of readers) {
      await received.upTo(40);
      assert.deepEqual(received.numbers, range(40));
    }

    await readers[0].reader.close();
    await Promise.all(range(10).map((n) => publisher.publish({ topic: 'app.live', data: { n: 40 + n } })));
    const later = await client(t);
    const rest = new Received();
    const again = later.subscribe({ sub: 'all', topics: ['app.live'], cursor: readers[0].cursor() }, rest.handle);
    assert.equal((await again.ready).verdict, 'resumed');
    await rest.upTo(10);
    assert.deepEqual(rest.numbers, range(10).map((n) => 40 + n));
  });

  test('returning from the handler acks: what was handled does not come again under a durable name', async (t) => {
    const one = await client(t);
    const received = new Received();
    const subscription = one.subscribe({ sub: 'orders', topics: ['app.orders'], mode: 'durable' }, received.handle);
    await subscription.ready;
    for (const n of range(20)) await tenant.publish('app.orders', { n });
    await received.upTo(20);
    await new Promise(setImmediate); // the last handler has only been called; now it has returned
    assert.equal(subscription.unfinished, 0);
    await subscription.unsubscribe();
    await tenant.publish('app.orders', { n: 20 });

    const two = await client(t);
    const rest = new Received();
    const resumed = two.subscribe({ sub: 'orders', topics: ['app.orders'], mode: 'durable' }, rest.handle);
    assert.equal((await resumed.ready).verdict, 'resumed');
    await rest.upTo(1);
    assert.deepEqual(rest.numbers, [20]);
    assert.deepEqual(received.numbers, range(20));
  });

  test('of two clients on one durable name the newer wins and the older does not come back', async (t) => {
    const older = await client(t);
    const newer = await client(t);
    const [left, right] = [new Received(), new Received()];
    await older.subscribe({ sub: 'one', topics: ['app.one'], mode: 'durable' }, left.handle).ready;
    const closed = entered(older, 'closed');
    await newer.subscribe({ sub: 'one', topics: ['app.one'], mode: 'durable' }, right.handle).ready;
    assert.equal((await closed).code, 4409);
    await tenant.publish('app.one', { n: 0 });
    await right.upTo(1);
    assert.equal(older.state, 'closed');
    assert.deepEqual(left.numbers, []);
  });

  test('a token about to expire is replaced in place, and one that is not ends the client', async (t) => {
    const tokens = [await tenant.token('short', 3), await tenant.token('short', 600)];
    const states = [];
    const renewing = await client(t, { client: 'short', token: () => tokens.shift() });
    renewing.on('state', ({ state }) => states.push(state));
    await entered(renewing, 'open');
    // Made later and never renewed: when the server has ended this one, the first one's old token is long over.
    const stale = await tenant.token('stale', 4);
    const fixed = await client(t, { client: 'stale', token: stale });
    assert.equal((await entered(fixed, 'closed')).code, 4401);
    assert.equal(tokens.length, 0);
    await renewing.publish({ topic: 'app.token', data: {} });
    assert.deepEqual(states, ['open']);
  });

  test('a wrong token ends the client with 4401', async (t) => {
    const wrong = connect({ url: place.url, client: 'wrong', token: `${await tenant.token('wrong')}x` });
    t.after(() => wrong.close());
    assert.equal((await entered(wrong, 'closed')).code, 4401);
  });

  test('what the token does not allow is refused for good', async (t) => {
    const it = await client(t);
    await assert.rejects(it.publish({ topic: 'wx.mp.message.text', data: {} }), (error) => error.retry === 'never');
  });
});

describe('a server that is killed', { skip }, () => {
  test('publishes wait in a bounded queue and arrive once, in order, when it is back', async (t) => {
    const place = await Place.open(t);
    const tenant = await place.tenant('acme');
    const token = await tenant.token('till');
    const it = connect({ url: place.url, client: 'till', token, queueMessages: 5 });
    t.after(() => it.close());
    const received = new Received();
    await it.subscribe({ sub: 'own', topics: ['app.own'] }, received.handle).ready;

    const away = entered(it, 'waiting');
    await place.node.kill();
    await away;
    const waiting = range(5).map((n) => it.publish({ topic: 'app.own', data: { n } }));
    await assert.rejects(it.publish({ topic: 'app.own', data: { n: 5 } }), QueueFullError);
    await place.start();
    await Promise.all(waiting);
    await received.upTo(5);
    assert.deepEqual(received.numbers, range(5));
  });

  test('nothing is missing and nothing handled twice through three kills under a steady stream', async (t) => {
    const place = await Place.open(t);
    const tenant = await place.tenant('acme');
    const readers = [];
    const errors = [];
    for (const mode of ['live', 'live', 'durable', 'durable']) {
      const name = `${mode}-${readers.length}`;
      const token = await tenant.token(name);
      const reader = connect({ url: place.url, client: name, token });
      t.after(() => reader.close());
      const received = new Received();
      reader.on('gap', (gap) => errors.push(gap));
      await reader.subscribe({ sub: name, topics: ['app.stream'], mode }, received.handle).ready;
      readers.push({ name, received });
    }
    const publisher = connect({ url: place.url, client: 'source', token: await tenant.token('source') });
    t.after(() => publisher.close());

    const perKill = 150;
    let sent = 0;
    const confirmed = [];
    for (let kill = 0; kill < 3; kill++) {
      const until = sent + perKill;
      let killed;
      await new Promise((resolve) => {
        const timer = setInterval(() => {
          confirmed.push(publisher.publish({ topic: 'app.stream', data: { n: sent++ } }));
          if (sent === until - 50) killed = place.node.kill(); // goes on while it is down
          if (sent === until) {
            clearInterval(timer);
            resolve();
          }
        }, 5);
      });
      await killed;
      await place.start();
      await Promise.all(confirmed);
    }
    for (const { name, received } of readers) {
      await received.upTo(sent);
      assert.deepEqual(received.numbers, range(sent), name);
    }
    assert.deepEqual(errors, []);
  });
});
