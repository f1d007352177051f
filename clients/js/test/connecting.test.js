import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorld, world } from './support/world.js';

test('hello is the first frame and carries the client and its subscriptions', async (t) => {
  const { server, client, state } = await world(t, { token: async () => 'aaa.bbb.ccc' });
  client.subscribe({ sub: 'orders', topics: ['wx.#'], mode: 'durable' }, () => {});
  client.connect();
  const session = await server.session();
  assert.deepEqual(session.protocols, ['hongyan.v1', 'bearer.aaa.bbb.ccc']);
  const hello = await session.take('hello');
  assert.equal(hello.client, 'pos-7');
  assert.deepEqual(hello.subscribe, [{ sub: 'orders', topics: ['wx.#'], mode: 'durable', window: 256 }]);
  session.welcome();
  await state('open');
});

test('the token is asked for anew with each connection', async (t) => {
  let made = 0;
  const { server, client, clock, state } = await world(t, { token: () => `t${++made}` });
  client.connect();
  (await server.greeted()).close(4000);
  await state('waiting');
  clock.advance(1_000);
  assert.deepEqual((await server.session()).protocols, ['hongyan.v1', 'bearer.t2']);
});

test('a token callback that fails is told and tried again with backoff', async (t) => {
  let made = 0;
  const { server, client, clock, events, state } = await world(t, {
    token: () => {
      if (++made === 1) throw new Error('login is down');
      return 'ok';
    },
  });
  client.connect();
  assert.match((await events.error.take()).message, /login is down/);
  assert.equal((await state('waiting')).delayMs, 500);
  clock.advance(500);
  assert.deepEqual((await server.session()).protocols, ['hongyan.v1', 'bearer.ok']);
});

test('network failures are retried after 1 s × 1.8ⁿ up to 60 s with full jitter', async (t) => {
  const { server, client, clock, dice, state } = await world(t);
  dice.value = 1;
  server.pingStatus = 503; // the probe fails, so no connection is tried
  client.connect();
  (await server.session()).drop();
  const waits = [];
  for (let i = 0; i < 10; i++) {
    const { delayMs } = await state('waiting');
    waits.push(Math.round(delayMs));
    clock.advance(delayMs);
  }
  assert.deepEqual(waits, [1000, 1800, 3240, 5832, 10498, 18896, 34012, 60000, 60000, 60000]);
  dice.value = 0.25; // before the probe of the last advance has been answered
  assert.equal((await state('waiting')).delayMs, 15_000, 'the draw is from the whole range');
});

test('the backoff starts over after 30 s of health, not before', async (t) => {
  const { server, client, clock, dice, state } = await world(t);
  dice.value = 1;
  client.connect();
  const drop = async (aliveMs) => {
    const session = await server.greeted();
    await state('open');
    clock.advance(aliveMs);
    session.drop();
    const { delayMs } = await state('waiting');
    clock.advance(delayMs);
    return delayMs;
  };
  assert.equal(await drop(0), 1000);
  assert.equal(await drop(29_000), 1800);
  assert.equal(await drop(30_000), 1000);
});

test('GET /ping is asked before reconnecting after a network failure', async (t) => {
  const { server, client, clock, state } = await world(t);
  client.connect();
  (await server.greeted()).drop();
  server.pingStatus = 503;
  await state('waiting');
  assert.equal(server.pings, 0);
  clock.advance(500);
  assert.match((await state('waiting')).reason, /ping/);
  assert.equal(server.pings, 1);
  server.pingStatus = 204;
  clock.advance(1_000);
  await server.greeted();
  await state('open');
  assert.equal(server.pings, 2);
});

for (const code of [4000, 4001, 4002]) {
  test(`close code ${code} reconnects within a random second, without probe`, async (t) => {
    const { server, client, clock, dice, state } = await world(t);
    dice.value = 0.7;
    client.connect();
    (await server.greeted()).close(code, 'drain');
    const waiting = await state('waiting');
    assert.deepEqual([waiting.code, waiting.delayMs], [code, 700]);
    clock.advance(700);
    await server.session();
    assert.equal(server.pings, 0);
  });
}

test('a server that says 4000 again and again meets the backoff', async (t) => {
  const { server, client, clock, dice, state } = await world(t);
  dice.value = 1;
  client.connect();
  const waits = [];
  for (let i = 0; i < 4; i++) {
    (await server.greeted()).close(4000);
    const { delayMs } = await state('waiting');
    waits.push(delayMs);
    clock.advance(delayMs);
  }
  assert.deepEqual(waits, [1000, 1000, 1800, 3240]);
});

for (const code of [4100, 4101, 4102]) {
  test(`close code ${code} waits as long as the server asks`, async (t) => {
    const { server, client, state } = await world(t);
    client.connect();
    (await server.greeted()).close(code, 'busy retryAfterMs=7000');
    assert.equal((await state('waiting')).delayMs, 7_500);
  });
}

for (const code of [4400, 4401, 4403, 4404, 4409, 4413, 4415]) {
  test(`close code ${code} ends the client until connect is called`, async (t) => {
    const { server, client, clock, events, state } = await world(t);
    client.connect();
    (await server.greeted()).close(code, 'no');
    const closed = await state('closed');
    assert.equal(closed.code, code);
    assert.equal((await events.error.take()).closeCode, code);
    clock.advance(600_000);
    assert.equal(client.state, 'closed');
    client.connect();
    await server.greeted();
    await state('open');
  });
}

test('a handshake refused with 403 ends the client, with 503 it is tried again', async (t) => {
  const { server, client, state } = await world(t);
  server.refuse = 503;
  client.connect();
  await state('waiting');
  await client.close();
  server.refuse = 403;
  client.connect();
  assert.equal((await state('closed')).code, undefined);
  assert.equal((await state('closed')).code, 4403);
});

test('no welcome within 15 s counts as a failure', async (t) => {
  const { server, client, clock, state } = await world(t);
  client.connect();
  await (await server.session()).take('hello');
  clock.advance(15_000);
  await state('waiting');
});

test('offline is a state of its own, and online brings the client back within a second', async (t) => {
  const { server, client, clock, network, state } = await world(t);
  client.connect();
  const session = await server.greeted();
  await state('open');
  network.set(false);
  await session.take('beat'); // asks for a sign of life, which does not come
  clock.advance(5_000);
  const offline = await state('offline');
  assert.equal(offline.delayMs, 60_000);
  network.set(true);
  assert.equal((await state('waiting')).delayMs, 500);
  clock.advance(500);
  await server.greeted();
  await state('open');
  assert.equal(server.pings, 1);
});

test('an offline event that is wrong costs one beat', async (t) => {
  const { clock, network, client, session, events } = await openWorld(t);
  network.set(false);
  const beat = await session.take('beat');
  clock.advance(1);
  session.send({ ...beat, now: 0, heads: {}, behind: {} });
  await events.beat.take();
  clock.advance(5_000);
  assert.equal(client.state, 'open');
});

test('beats leave every 20 s with time and a growing counter', async (t) => {
  const { clock, session } = await openWorld(t);
  const start = clock.now();
  clock.advance(20_000);
  assert.deepEqual(await session.take('beat'), { op: 'beat', t: start + 20_000, n: 1 });
  clock.advance(20_000);
  assert.deepEqual(await session.take('beat'), { op: 'beat', t: start + 40_000, n: 2 });
});

test('45 s of silence end a connection, and any frame counts as a sound', async (t) => {
  const { clock, session, events, client, state } = await openWorld(t);
  clock.advance(44_000);
  session.send({ op: 'beat', t: 0, n: 1, now: 0, heads: {} });
  await events.beat.take();
  clock.advance(44_000);
  assert.equal(client.state, 'open');
  clock.advance(1_000);
  await state('waiting');
  assert.equal((await events.error.take()).code, 'silence');
  assert.equal((await session.ended()).code, 4001);
});

test('an expiring token is replaced in place', async (t) => {
  let made = 0;
  const { session, client } = await openWorld(t, { token: () => `t${++made}` });
  session.send({ op: 'expiring', inMs: 60_000 });
  assert.deepEqual(await session.take('auth'), { op: 'auth', token: 't2' });
  assert.equal(client.state, 'open');
});

test('a bad frame of the server is told and ends the connection', async (t) => {
  const { session, events, state } = await openWorld(t);
  session.raw(1, Buffer.from('{"op":"deliver","sub":"a","n":2}\n{"op":"msg","cursor":"e:1"}'));
  assert.equal((await events.error.take()).code, 'bad-frame');
  await state('waiting');
});

test('close ends the connection with 1000 and nothing comes after', async (t) => {
  const { client, session, clock, state } = await openWorld(t);
  await client.close();
  await state('closed');
  assert.equal((await session.ended()).code, 1000);
  clock.advance(600_000);
  assert.equal(client.state, 'closed');
  await assert.rejects(client.publish({ topic: 'app.x', data: 1 }), { code: 'closed' });
});
