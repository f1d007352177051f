import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handler, openWorld } from './support/world.js';

const topics = ['wx.#'];

/** An open world with one subscription that the server has accepted at `e:0`. */
async function subscribed(t, options, clientOptions) {
  const all = await openWorld(t, clientOptions);
  const work = handler();
  const sub = all.client.subscribe({ sub: 's', topics, ...options }, work.handle);
  await all.session.take('subscribe');
  all.session.subscribed('s', 'e:0', { verdict: 'new' });
  await sub.ready;
  return { ...all, work, sub };
}

/** Cuts the connection and gives the next one, greeted. */
async function cut({ session, clock, server, state }) {
  session.drop();
  const { delayMs } = await state('waiting');
  clock.advance(delayMs);
  const next = await server.greeted();
  await state('open');
  return next;
}

test('several operations in one frame are taken apart', async (t) => {
  const { session, work } = await subscribed(t, { mode: 'live', concurrency: 9 });
  session.send(
    { op: 'deliver', sub: 's', prev: 'e:0', n: 2 },
    { op: 'msg', cursor: 'e:1', event: { id: 'a' } },
    { op: 'msg', cursor: 'e:2', attempt: 2, deadline: '2027-01-01T00:00:00Z', event: { id: 'b', data: 'π\n✓' } },
    { op: 'deliver', sub: 's', prev: 'e:2', n: 1 },
    { op: 'msg', cursor: 'e:3', event: { id: 'c' } },
  );
  assert.equal((await work.next()).message.event.id, 'a');
  const { message } = await work.next();
  assert.deepEqual([message.sub, message.attempt, message.event.data], ['s', 2, 'π\n✓']);
  assert.equal(message.deadline.toISOString(), '2027-01-01T00:00:00.000Z');
  assert.equal((await work.next()).cursor, 'e:3');
});

test('live: the cursor is kept by the client, up to the lowest unfinished message', async (t) => {
  const kept = [];
  const { session, work, sub } = await subscribed(t, { mode: 'live', concurrency: 3, onCursor: (cursor) => kept.push(cursor) });
  session.deliver('s', 'e:0', 'e:1', 'e:2', 'e:3');
  const [one, two, three] = [await work.next(), await work.next(), await work.next()];
  three.done();
  two.done();
  await three.message;
  one.done();
  session.deliver('s', 'e:3', 'e:4');
  await work.next();
  assert.deepEqual(kept, ['e:0', 'e:3']);
  assert.equal(sub.cursor, 'e:3');
  assert.equal(session.has('ack'), false, 'live needs no acks');
});

test('live: resumes behind the last message received, from a stored cursor at first', async (t) => {
  const world = await openWorld(t);
  const work = handler();
  world.client.subscribe({ sub: 's', topics, cursor: 'e:41' }, work.handle);
  assert.equal((await world.session.take('subscribe')).cursor, 'e:41');
  world.session.subscribed('s', 'e:41');
  world.session.deliver('s', 'e:41', 'e:42', 'e:43');
  await work.next(); // 42 is in hand, 43 waits behind it
  const next = await cut(world);
  assert.equal(next.hello.subscribe[0].cursor, 'e:43');
});

test('live: a name without cursor goes on from where the server started it', async (t) => {
  const world = await subscribed(t, { mode: 'live' });
  const next = await cut(world);
  assert.equal(next.hello.subscribe[0].cursor, 'e:0');
});

test('live: a failed handler is told and skipped', async (t) => {
  const { session, work, events, sub } = await subscribed(t, { mode: 'live' });
  session.deliver('s', 'e:0', 'e:1', 'e:2');
  (await work.next()).fail(new Error('boom'));
  assert.match((await events.error.take()).message, /boom/);
  await work.next();
  assert.equal(sub.cursor, 'e:1');
});

test('live: a slow handler parks the subscription and it comes back at its cursor', async (t) => {
  const { session, work } = await subscribed(t, { mode: 'live', window: 1 }); // at most four in hand
  session.deliver('s', 'e:0', 'e:1', 'e:2', 'e:3', 'e:4', 'e:5', 'e:6');
  await session.take('unsubscribe');
  (await work.next()).done();
  (await work.next()).done();
  assert.equal((await session.take('subscribe')).cursor, 'e:4');
});

test('durable: acks are cumulative up to the lowest unfinished message', async (t) => {
  const { session, work } = await subscribed(t, { mode: 'durable', concurrency: 3, ackEveryMs: 0 });
  session.deliver('s', 'e:0', 'e:1', 'e:2', 'e:3');
  const [one, two, three] = [await work.next(), await work.next(), await work.next()];
  two.done();
  session.deliver('s', 'e:3', 'e:4');
  assert.equal((await work.next()).cursor, 'e:4');
  assert.equal(session.has('ack'), false);
  one.done();
  assert.deepEqual(await session.take('ack'), { op: 'ack', sub: 's', cursor: 'e:2' });
  three.done();
  assert.deepEqual(await session.take('ack'), { op: 'ack', sub: 's', cursor: 'e:3' });
});

test('durable: by default one message at a time, in order', async (t) => {
  const { session, work } = await subscribed(t, { mode: 'durable' });
  session.deliver('s', 'e:0', 'e:1', 'e:2');
  const one = await work.next();
  assert.deepEqual(work.seen, ['e:1']);
  one.done();
  await work.next();
  assert.deepEqual(work.seen, ['e:1', 'e:2']);
});

test('durable: acks of one turn leave as one frame', async (t) => {
  const { session, client } = await openWorld(t);
  const sub = client.subscribe({ sub: 's', topics, mode: 'durable', concurrency: 100 }, () => {});
  await session.take('subscribe');
  session.subscribed('s', 'e:0');
  await sub.ready;
  const before = session.frames;
  session.deliver('s', 'e:0', ...Array.from({ length: 100 }, (_, i) => `e:${i + 1}`));
  assert.equal((await session.take('ack')).cursor, 'e:100');
  assert.ok(session.frames - before <= 2, `${session.frames - before} frames`);
});

/** A durable world in which `e:1` is handled and acked, so that what follows waits. */
async function acked(t, options) {
  const all = await subscribed(t, { mode: 'durable', concurrency: 100, ...options });
  all.session.deliver('s', 'e:0', 'e:1');
  (await all.work.next()).done();
  assert.equal((await all.session.take('ack')).cursor, 'e:1');
  let last = 'e:1';
  /** Delivers these, lets the handler end, and comes back when the client has seen that. */
  const handled = async (...cursors) => {
    all.session.deliver('s', last, ...cursors);
    last = cursors.at(-1);
    for (const { length } = cursors, calls = []; calls.length < length; ) calls.push((await all.work.next()).done());
    all.session.send({ op: 'beat', t: 0, n: 1 });
    await all.events.beat.take();
  };
  /** Fails when an ack was said: what is said now comes behind it. */
  let replies = 0;
  const silent = async () => {
    all.client.reply(`x${++replies}`, {}).catch(() => {});
    assert.equal((await all.session.take('ack', 'reply')).op, 'reply');
  };
  return { ...all, handled, silent };
}

test('durable: an ack that follows soon after another waits, and says all that was done by then', async (t) => {
  const { session, clock, handled, silent } = await acked(t);
  await handled('e:2', 'e:3');
  clock.advance(199);
  await handled('e:4');
  await silent();
  clock.advance(1);
  assert.equal((await session.take('ack')).cursor, 'e:4');
  clock.advance(10_000);
  await silent();
});

test('durable: ackEveryMs changes how long an ack waits', async (t) => {
  const { session, clock, handled, silent } = await acked(t, { ackEveryMs: 1_000 });
  await handled('e:2');
  clock.advance(999);
  await silent();
  clock.advance(1);
  assert.equal((await session.take('ack')).cursor, 'e:2');
});

test('durable: an ack does not wait when a quarter of the window has gathered', async (t) => {
  const { session, handled, silent } = await acked(t, { window: 16 });
  await handled('e:2', 'e:3', 'e:4');
  await silent();
  await handled('e:5');
  assert.equal((await session.take('ack')).cursor, 'e:5');
});

test('durable: an ack does not wait when a quarter of the bytes of the window has gathered', async (t) => {
  const { session, handled, silent } = await acked(t, { windowBytes: 1_000 });
  await handled('e:2', 'e:3', 'e:4'); // 72 characters each
  await silent();
  await handled('e:5');
  assert.equal((await session.take('ack')).cursor, 'e:5');
});

test('durable: acks that wait are said on flush, on unsubscribe, on close, on goaway and when the page goes', async (t) => {
  const goes = {
    flush: ({ sub }) => sub.flush(),
    'flush of the client': ({ client }) => client.flush(),
    unsubscribe: ({ sub }) => sub.unsubscribe(),
    close: ({ client }) => client.close(),
    goaway: ({ session }) => session.send({ op: 'goaway', reason: 'drain', afterMs: 300, withinMs: 10_000 }),
    page: () => globalThis.dispatchEvent(new Event('pagehide')),
  };
  const page = new EventTarget();
  for (const method of ['addEventListener', 'removeEventListener', 'dispatchEvent']) globalThis[method] ??= page[method].bind(page);
  for (const [name, go] of Object.entries(goes)) {
    await t.test(name, async (each) => {
      const all = await acked(each);
      await all.handled('e:2');
      await all.silent();
      go(all);
      assert.equal((await all.session.take('ack')).cursor, 'e:2');
    });
  }
});

test('durable: what is in hand at a cut is not handled twice and is acked on the new connection', async (t) => {
  const world = await subscribed(t, { mode: 'durable', concurrency: 2, ackEveryMs: 0 });
  const { work } = world;
  world.session.deliver('s', 'e:0', 'e:1', 'e:2');
  const [one, two] = [await work.next(), await work.next()];
  const next = await cut(world);
  assert.equal(next.hello.subscribe[0].cursor, undefined, 'the server knows');
  one.done(); // before the server has attached us
  next.subscribed('s', 'e:0');
  next.deliver('s', 'e:0', 'e:1', 'e:2', 'e:3');
  assert.equal((await work.next()).cursor, 'e:3');
  assert.deepEqual(await next.take('ack'), { op: 'ack', sub: 's', cursor: 'e:1' });
  two.done();
  assert.deepEqual(await next.take('ack'), { op: 'ack', sub: 's', cursor: 'e:2' });
  assert.deepEqual(work.seen, ['e:1', 'e:2', 'e:3']);
});

test('durable: a failed message is tried again here, and those behind it wait', async (t) => {
  const { session, work, clock, events } = await subscribed(t, { mode: 'durable' });
  session.deliver('s', 'e:0', 'e:1', 'e:2');
  (await work.next()).fail(new Error('later'));
  await events.error.take();
  clock.advance(500);
  const again = await work.next();
  assert.deepEqual([again.cursor, again.message.attempt], ['e:1', 2]);
  again.fail(new Error('later'));
  await events.error.take();
  clock.advance(899);
  assert.deepEqual(work.seen, ['e:1', 'e:1']);
  clock.advance(1);
  (await work.next()).done();
  assert.equal((await session.take('ack')).cursor, 'e:1');
});

test('durable: the rule stop leaves the message unacked and the cursor before it', async (t) => {
  const { session, work, events } = await subscribed(t, { mode: 'durable', onFailure: 'stop' });
  session.deliver('s', 'e:0', 'e:1', 'e:2', 'e:3');
  (await work.next()).done();
  (await work.next()).fail(new Error('broken'));
  assert.equal((await events.ended.take()).error.code, 'stopped');
  assert.equal((await session.take('ack')).cursor, 'e:1');
  assert.deepEqual(await session.take('unsubscribe'), { op: 'unsubscribe', sub: 's' });
  assert.deepEqual(work.seen, ['e:1', 'e:2']);
});

test('durable: the rule term sends the message to dead letters and goes on', async (t) => {
  const { session, work } = await subscribed(t, { mode: 'durable', onFailure: 'term' });
  session.deliver('s', 'e:0', 'e:1');
  (await work.next()).fail(new Error('poison'));
  assert.deepEqual(await session.take('term'), { op: 'term', sub: 's', cursors: ['e:1'], reason: 'poison' });
  assert.equal((await session.take('ack')).cursor, 'e:1');
});

test('durable: a term that could not be said is said when the message comes again', async (t) => {
  const world = await subscribed(t, { mode: 'durable' });
  world.session.deliver('s', 'e:0', 'e:1');
  const one = await world.work.next();
  const next = await cut(world);
  one.message.term('unreadable');
  one.done();
  next.subscribed('s', 'e:0');
  next.deliver('s', 'e:0', 'e:1');
  assert.equal((await next.take('term')).reason, 'unreadable');
  assert.equal((await next.take('ack')).cursor, 'e:1');
});

test('shared: each message is acked by itself, in any order', async (t) => {
  const { session, work } = await subscribed(t, { mode: 'shared' });
  session.deliver('s', undefined, 'e:1', 'e:2');
  const [one, two] = [await work.next(), await work.next()];
  two.done();
  assert.deepEqual(await session.take('ack'), { op: 'ack', sub: 's', cursors: ['e:2'] });
  one.done();
  assert.deepEqual(await session.take('ack'), { op: 'ack', sub: 's', cursors: ['e:1'] });
});

test('shared: a failed message goes back with a delay, and its next attempt is handled', async (t) => {
  const nackDelayMs = (message) => 1_000 * message.attempt;
  const { session, work } = await subscribed(t, { mode: 'shared', nackDelayMs });
  session.deliver('s', undefined, { cursor: 'e:1', attempt: 3 });
  (await work.next()).fail(new Error('busy'));
  assert.deepEqual(await session.take('nack'), { op: 'nack', sub: 's', cursors: ['e:1'], delayMs: 3_000 });
  session.deliver('s', undefined, { cursor: 'e:1', attempt: 4 });
  assert.equal((await work.next()).message.attempt, 4);
});

test('shared: extend and term speak for the message in hand', async (t) => {
  const { session, work } = await subscribed(t, { mode: 'shared', ackTimeoutMs: 5_000 });
  session.deliver('s', undefined, 'e:1');
  const one = await work.next();
  one.message.extend(60_000);
  assert.deepEqual(await session.take('extend'), { op: 'extend', sub: 's', cursors: ['e:1'], ms: 60_000 });
  one.message.term('no such order');
  one.done();
  assert.deepEqual(await session.take('term'), { op: 'term', sub: 's', cursors: ['e:1'], reason: 'no such order' });
});

test('shared: a message taken over by ourselves is acked where it came last, and handled once', async (t) => {
  const world = await subscribed(t, { mode: 'shared' });
  const { work } = world;
  world.session.deliver('s', undefined, 'e:1', 'e:2');
  const [one, two] = [await work.next(), await work.next()];
  const next = await cut(world);
  one.done(); // its ack has no connection to go out on
  next.subscribed('s', 'e:0');
  next.deliver('s', undefined, { cursor: 'e:1', attempt: 2 }, { cursor: 'e:2', attempt: 2 });
  assert.deepEqual((await next.take('ack')).cursors, ['e:1']);
  two.done();
  assert.deepEqual((await next.take('ack')).cursors, ['e:2']);
  assert.deepEqual(work.seen, ['e:1', 'e:2']);
});

test('a hole before a delivery is seen by prev, and the subscription asks again', async (t) => {
  const { session, work, events } = await subscribed(t, { mode: 'live' });
  session.deliver('s', 'e:0', 'e:1');
  session.deliver('s', 'e:2', 'e:3'); // e:2 is missing
  assert.deepEqual(await events.hole.take(), { sub: 's', expected: 'e:1', prev: 'e:2' });
  assert.equal((await session.take('unsubscribe')).forget, undefined);
  assert.equal((await session.take('subscribe')).cursor, 'e:1');
  session.deliver('s', 'e:3', 'e:4'); // of the old request: ignored
  session.subscribed('s', 'e:1');
  session.deliver('s', 'e:1', 'e:2', 'e:3', 'e:4');
  for (let i = 0; i < 4; i++) (await work.next()).done();
  assert.deepEqual(work.seen, ['e:1', 'e:2', 'e:3', 'e:4']);
});

test('holes that come one after the other are asked about with backoff', async (t) => {
  const { session, events, clock } = await subscribed(t, { mode: 'durable' });
  session.deliver('s', 'e:5', 'e:6');
  await events.hole.take();
  await session.take('subscribe');
  session.subscribed('s', 'e:0');
  session.deliver('s', 'e:5', 'e:6');
  await events.hole.take();
  assert.equal(session.has('subscribe'), false);
  clock.advance(500);
  await session.take('subscribe');
});

test('a head in a beat that stays ahead of us means something was missed', async (t) => {
  const { session, clock, events } = await subscribed(t, { mode: 'live' });
  session.deliver('s', 'e:0', 'e:1');
  clock.advance(20_000);
  const first = await session.take('beat');
  session.send({ ...first, now: 1, heads: { s: 'e:2' }, behind: { s: 0 } });
  const second = await session.take('beat'); // at once, because a beat may overtake data
  assert.equal(second.n, 2);
  session.send({ ...second, now: 2, heads: { s: 'e:2' }, behind: { s: 0 } });
  assert.deepEqual(await events.hole.take(), { sub: 's', expected: 'e:1', head: 'e:2' });
  assert.equal((await session.take('subscribe')).cursor, 'e:1');
});

test('a head that was only faster than its data is no hole', async (t) => {
  const { session, clock, events, work } = await subscribed(t, { mode: 'live' });
  clock.advance(20_000);
  const first = await session.take('beat');
  session.send({ ...first, heads: { s: 'e:1' } });
  const second = await session.take('beat');
  session.deliver('s', 'e:0', 'e:1');
  session.send({ ...second, heads: { s: 'e:1' } });
  await events.beat.take();
  await events.beat.take();
  await work.next();
  assert.equal(session.has('subscribe'), false);
});

for (const verdict of ['gap', 'reset']) {
  test(`the verdict ${verdict} is told, and reading goes on from where the server says`, async (t) => {
    const world = await subscribed(t, { mode: 'live' });
    const next = await cut(world);
    const gap = { from: 'e:1', to: 'f:9', reason: verdict === 'gap' ? 'retention' : 'epoch' };
    next.subscribed('s', 'f:9', { verdict, gap });
    assert.deepEqual(await world.events.gap.take(), { sub: 's', verdict, ...gap });
    next.deliver('s', 'f:9', 'f:10');
    assert.equal((await world.work.next()).cursor, 'f:10');
    assert.equal(world.sub.cursor, 'f:9');
  });
}

test('a gap met while connected is told and is not taken for a hole', async (t) => {
  const { session, work, events } = await subscribed(t, { mode: 'durable', concurrency: 3 });
  session.send({ op: 'gap', sub: 's', from: 'e:1', to: 'e:5', reason: 'retention' });
  session.deliver('s', 'e:5', 'e:6');
  assert.deepEqual(await events.gap.take(), { sub: 's', verdict: 'gap', from: 'e:1', to: 'e:5', reason: 'retention' });
  assert.equal((await work.next()).cursor, 'e:6');
  assert.equal(session.has('subscribe'), false);
});

test('a refused subscription rejects ready and ends', async (t) => {
  const { session, client, events } = await openWorld(t);
  const sub = client.subscribe({ sub: 's', topics, cursor: 'what' }, () => {});
  await session.take('subscribe');
  session.send({ op: 'error', code: 'bad-cursor', message: 'never ours', retry: 'never', sub: 's' });
  await assert.rejects(sub.ready, { code: 'bad-cursor' });
  assert.equal((await events.error.take()).sub, 's');
  assert.equal(sub.ended, true);
});

test('a subscription the server cannot make now is asked for again when it says', async (t) => {
  const { session, client, clock, events } = await openWorld(t);
  const sub = client.subscribe({ sub: 's', topics }, () => {});
  await session.take('subscribe');
  session.send({ op: 'error', code: 'store-unavailable', message: 'wait', retry: 'later', retryAfterMs: 3_000, sub: 's' });
  await events.error.take();
  clock.advance(3_000);
  await session.take('subscribe');
  session.subscribed('s', 'e:0');
  await sub.ready;
});

test('unsubscribe with forget deletes the cursor, also when said while offline', async (t) => {
  const world = await subscribed(t, { mode: 'durable' });
  const other = world.client.subscribe({ sub: 'other', topics, mode: 'durable' }, () => {});
  await world.sub.unsubscribe({ forget: true });
  assert.deepEqual(await world.session.take('unsubscribe'), { op: 'unsubscribe', sub: 's', forget: true });
  world.session.drop();
  const { delayMs } = await world.state('waiting');
  await other.unsubscribe({ forget: true });
  world.clock.advance(delayMs);
  const next = await world.server.greeted();
  assert.deepEqual(await next.take('unsubscribe'), { op: 'unsubscribe', sub: 'other', forget: true });
  assert.equal(next.hello.subscribe, undefined);
});

test('seek is said once, so that a reconnect does not go back', async (t) => {
  const world = await openWorld(t);
  const sub = world.client.subscribe({ sub: 's', topics, mode: 'durable', cursor: 'first', seek: true }, () => {});
  assert.equal((await world.session.take('subscribe')).seek, true);
  world.session.subscribed('s', 'e:0');
  await sub.ready;
  const next = await cut(world);
  assert.deepEqual([next.hello.subscribe[0].seek, next.hello.subscribe[0].cursor], [undefined, 'first']);
});

test('wrong options are refused at once', async (t) => {
  const { client } = await openWorld(t);
  const subscribe = (options) => () => client.subscribe(options, () => {});
  assert.throws(subscribe({ topics }), /name/);
  assert.throws(subscribe({ sub: 'a', topics: [] }), /topics/);
  assert.throws(subscribe({ sub: 'a', topics, mode: 'all' }), /mode/);
  assert.throws(subscribe({ sub: 'a', topics, mode: 'live', onFailure: 'nack' }), /onFailure/);
  subscribe({ sub: 'a', topics })();
  assert.throws(subscribe({ sub: 'a', topics }), { code: 'already-subscribed' });
});
