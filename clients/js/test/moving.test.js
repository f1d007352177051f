import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handler, openWorld } from './support/world.js';

const topics = ['wx.#'];

/** A world in which the server has asked the client to move and the second connection has said hello. */
async function moving(t, mode) {
  const all = await openWorld(t);
  const work = handler();
  const sub = all.client.subscribe({ sub: 's', topics, mode, concurrency: 100 }, work.handle);
  await all.session.take('subscribe');
  all.session.subscribed('s', 'e:0', { verdict: 'new' });
  await sub.ready;
  all.session.deliver('s', mode === 'shared' ? undefined : 'e:0', 'e:1');
  const one = await work.next();
  all.session.send({ op: 'goaway', reason: 'drain', afterMs: 300, withinMs: 10_000 });
  await all.events.goaway.take();
  all.clock.advance(300);
  const second = await all.server.session();
  second.hello = await second.take('hello');
  return { ...all, work, sub, one, second };
}

test('goaway: the second connection is made and resumed before the first is closed', async (t) => {
  const { client, session, second, work } = await moving(t, 'live');
  assert.equal(second.hello.subscribe[0].cursor, 'e:1');
  session.deliver('s', 'e:1', 'e:2'); // the first still serves
  assert.equal((await work.next()).cursor, 'e:2');
  second.welcome();
  second.subscribed('s', 'e:1');
  assert.equal((await session.ended()).code, 1000);
  assert.equal(client.state, 'open');
});

test('goaway: no handler sees a message of the overlap twice, and none is missing', async (t) => {
  const { session, second, work, events } = await moving(t, 'live');
  session.deliver('s', 'e:1', 'e:2', 'e:3');
  await work.next();
  await work.next();
  second.welcome();
  second.subscribed('s', 'e:1');
  await session.ended();
  second.deliver('s', 'e:1', 'e:2', 'e:3', 'e:4');
  assert.equal((await work.next()).cursor, 'e:4');
  assert.deepEqual(work.seen, ['e:1', 'e:2', 'e:3', 'e:4']);
  assert.equal(events.hole.peek(), undefined);
});

test('goaway: the state stays open throughout', async (t) => {
  const { session, second, events } = await moving(t, 'live');
  second.welcome();
  second.subscribed('s', 'e:1');
  await session.ended();
  assert.equal(events.state.peek(), undefined);
});

test('goaway: 4409 on the first, because the second took its name, is no end', async (t) => {
  const { client, session, second, work, one } = await moving(t, 'durable');
  session.close(4409, 'replaced');
  second.welcome();
  second.subscribed('s', 'e:0');
  second.deliver('s', 'e:0', 'e:1', 'e:2');
  assert.equal((await work.next()).cursor, 'e:2');
  one.done();
  assert.deepEqual(await second.take('ack'), { op: 'ack', sub: 's', cursor: 'e:1' });
  assert.deepEqual(work.seen, ['e:1', 'e:2']);
  assert.equal(client.state, 'open');
});

test('goaway: shared work in hand is acked where it is known', async (t) => {
  const { second, session, one, work } = await moving(t, 'shared');
  second.welcome();
  second.subscribed('s', 'e:0');
  await session.ended();
  second.deliver('s', undefined, { cursor: 'e:1', attempt: 2 });
  second.deliver('s', undefined, 'e:2');
  await work.next();
  one.done();
  assert.deepEqual((await second.take('ack')).cursors, ['e:1']);
  assert.deepEqual(work.seen, ['e:1', 'e:2']);
});

test('goaway: a second connection that fails is tried again while the first serves', async (t) => {
  const { client, clock, server, session, second, events } = await moving(t, 'live');
  second.drop();
  await new Promise((resolve) => setImmediate(resolve));
  let third;
  const arrived = server.session().then((it) => (third = it));
  while (!third) {
    clock.advance(100); // the backoff of the failed one; how soon its failure is seen is not ours to say
    await new Promise((resolve) => setImmediate(resolve));
  }
  await arrived;
  await third.take('hello');
  third.welcome();
  third.subscribed('s', 'e:1');
  assert.equal((await session.ended()).code, 1000);
  assert.equal(client.state, 'open');
  assert.equal(events.state.peek(), undefined);
});

test('goaway: a first that is cut while the second is on its way costs no backoff', async (t) => {
  const { session, second, state, work } = await moving(t, 'live');
  session.drop();
  await state('connecting');
  second.welcome();
  await state('open');
  second.subscribed('s', 'e:1');
  second.deliver('s', 'e:1', 'e:2');
  assert.equal((await work.next()).cursor, 'e:2');
});

test('goaway: publishes that were not confirmed go again on the second', async (t) => {
  const { client, session, second } = await moving(t, 'live');
  const sent = client.publish({ topic: 'app.x', data: 1 });
  const { serial } = await session.take('publish');
  second.welcome();
  second.subscribed('s', 'e:1');
  assert.equal((await second.take('publish')).serial, serial);
  second.send({ op: 'published', serial, id: '7', cursor: 'e:9', duplicate: true });
  assert.deepEqual(await sent, { id: '7', cursor: 'e:9', duplicate: true });
});
