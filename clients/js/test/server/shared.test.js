import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../src/index.node.js';
import { Mailbox } from '../support/mailbox.js';
import { Place, skip } from './support/node.js';
import { range } from './support/received.js';

describe('shared subscriptions against the real server', { skip }, () => {
  let place;
  let tenant;
  let made = 0;

  before(async () => {
    place = await Place.open();
    tenant = await place.tenant('acme');
  });

  after(() => place?.close());

  /** One more worker on the name `sub`; its handler gets each message in turn. */
  async function worker(t, sub, handler, options = {}) {
    const name = `w-${++made}`;
    const client = connect({ url: place.url, client: name, token: await tenant.token(name) });
    t.after(() => client.close());
    const subscription = client.subscribe({ sub, topics: [`app.${sub}`], mode: 'shared', cursor: 'first', ...options }, handler);
    await subscription.ready;
    return client;
  }

  /** A handler that waits until it is told how to end. */
  function hands() {
    const calls = new Mailbox();
    const handle = (message) => new Promise((done, fail) => calls.put({ message, n: message.event.data.n, done, fail }));
    return { handle, next: () => calls.take(), peek: () => calls.peek() };
  }

  const publish = (sub, n, subject) => tenant.publish(`app.${sub}`, { n }, subject);

  test('work is spread, a subject stays with one worker, in order and one at a time', async (t) => {
    const seen = [];
    const busy = new Set();
    let all;
    const complete = new Promise((resolve) => (all = resolve));
    const work = (who) => async ({ event }) => {
      assert.ok(!busy.has(event.subject), `two of ${event.subject} at a time`);
      busy.add(event.subject);
      await new Promise(setImmediate); // so that two at a time would meet
      busy.delete(event.subject);
      seen.push({ who, subject: event.subject, n: event.data.n });
      if (seen.length === 60) all();
    };
    await worker(t, 'spread', work('one'));
    await worker(t, 'spread', work('two'));
    for (const n of range(60)) await publish('spread', n, `u${n % 6}`);
    await complete;
    assert.deepEqual(seen.map(({ n }) => n).sort((a, b) => a - b), range(60));
    assert.deepEqual([...new Set(seen.map(({ who }) => who))].sort(), ['one', 'two']);
    for (const u of range(6)) {
      const ofSubject = seen.filter(({ subject }) => subject === `u${u}`);
      assert.equal(new Set(ofSubject.map(({ who }) => who)).size, 1, `u${u} stays`);
      assert.deepEqual(ofSubject.map(({ n }) => n), range(10).map((i) => i * 6 + u));
    }
  });

  test('what a worker had when it left goes to another, as the next attempt', async (t) => {
    const [left, right] = [hands(), hands()];
    const leaving = await worker(t, 'leave', left.handle);
    await publish('leave', 1, 'anna');
    assert.equal((await left.next()).message.attempt, 1);
    await worker(t, 'leave', right.handle);
    await leaving.close();
    const again = await right.next();
    assert.deepEqual([again.n, again.message.attempt], [1, 2]);
    again.done();
    await publish('leave', 2, 'anna');
    assert.equal((await right.next()).message.attempt, 1);
  });

  test('a failed message comes again as the next attempt, before the next of its subject', async (t) => {
    const one = hands();
    await worker(t, 'nack', one.handle, { nackDelayMs: 50 });
    await publish('nack', 1, 'anna');
    (await one.next()).fail(new Error('busy'));
    await publish('nack', 2, 'anna');
    await publish('nack', 3, 'bert');
    const got = [await one.next()];
    if (got[0].n === 3) got[0].done(); // another subject does not wait
    const again = got[0].n === 1 ? got[0] : await one.next();
    assert.deepEqual([again.n, again.message.attempt], [1, 2]);
    again.done();
    const rest = [(await one.next()).n];
    if (got[0].n !== 3) rest.push((await one.next()).n);
    assert.ok(rest.includes(2));
  });

  test('a terminated message is a dead letter, and its subject goes on', async (t) => {
    const one = hands();
    await worker(t, 'term', one.handle);
    await publish('term', 1, 'anna');
    await publish('term', 2, 'anna');
    const bad = await one.next();
    bad.message.term('no such order');
    bad.done();
    const next = await one.next();
    assert.equal(next.n, 2);
    next.done();
    const { items } = await place.ask('GET', `/tenants/acme/dead-letters?consumer=term`);
    assert.deepEqual(
      items.map(({ event, lastError }) => [event.data.n, lastError]),
      [[1, 'no such order']],
    );
  });
});
