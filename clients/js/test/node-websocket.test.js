import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Length } from '../src/connection.js';
import { FrameReader, encodeFrame } from '../src/node/frames.js';
import { NodeWebSocket } from '../src/node/websocket.js';
import { FakeServer } from './support/server.js';

async function socket(t) {
  const server = await FakeServer.start();
  const ws = new NodeWebSocket(server.url, ['hongyan.v1']);
  t.after(() => server.stop());
  const session = await server.session();
  const closed = new Promise((resolve) => (ws.onclose = resolve));
  const texts = [];
  let wake = () => {};
  ws.onmessage = (event) => {
    texts.push(event.data);
    wake();
  };
  const text = async () => {
    while (texts.length === 0) await new Promise((resolve) => (wake = resolve));
    return texts.shift();
  };
  return { server, ws, session, closed, text };
}

test('texts of every length form come through whole', async (t) => {
  const { session, text } = await socket(t);
  for (const size of [0, 125, 126, 65_535, 65_536, 300_000]) {
    session.raw(1, Buffer.from('é'.repeat(size / 2)));
    assert.equal((await text()).length, Math.floor(size / 2));
  }
});

test('fragments are joined, with a ping between them answered', async (t) => {
  const { session, text } = await socket(t);
  session.raw(1, Buffer.from('wild '), false);
  session.raw(9, Buffer.from('there?'));
  session.raw(0, Buffer.from('go'), false);
  session.raw(0, Buffer.from('ose'));
  assert.equal(await text(), 'wild goose');
  assert.equal((await session.take('(pong)')).text, 'there?');
});

test('a server that closes is heard with code and reason', async (t) => {
  const { session, closed } = await socket(t);
  session.close(4100, 'retryAfterMs=9');
  const { code, reason } = await closed;
  assert.deepEqual([code, reason], [4100, 'retryAfterMs=9']);
});

test('binary, bad UTF-8, broken fragments and masked frames are refused with their codes', async (t) => {
  const cases = [
    [1003, (session) => session.raw(2, Buffer.from('x'))],
    [1007, (session) => session.raw(1, Buffer.from([0xff]))],
    [1002, (session) => session.raw(0, Buffer.from('x'))],
    [1002, (session) => session.raw(3, Buffer.from('x'))],
  ];
  for (const [code, break_] of cases) {
    const { session, closed } = await socket(t);
    break_(session);
    assert.equal((await session.ended()).code, code);
    assert.equal((await closed).code, 1006);
  }
});

test('a message above the limit is refused before it is read', () => {
  const reader = new FrameReader(10, () => assert.fail('too big'));
  assert.throws(() => reader.push(Buffer.from([0x81, 11])), { code: 1009 });
});

test('frames cut at any byte give the same messages', () => {
  const stream = Buffer.concat([Buffer.from([0x81, 2, 0x68, 0x69]), Buffer.from([0x01, 1, 0x61]), Buffer.from([0x80, 1, 0x62])]);
  for (let cut = 1; cut < stream.length; cut++) {
    const got = [];
    const reader = new FrameReader(100, (_, payload) => got.push(payload.toString()));
    reader.push(stream.subarray(0, cut));
    reader.push(stream.subarray(cut));
    assert.deepEqual(got, ['hi', 'ab']);
  }
});

test('what we send is masked and unmasks to what was said', () => {
  for (const size of [0, 5, 126, 70_000]) {
    const text = Buffer.alloc(size, 'goose');
    const frame = encodeFrame(1, text);
    assert.equal(frame[1] & 0x80, 0x80);
    const body = frame.subarray(frame.length - size);
    const mask = frame.subarray(frame.length - size - 4, frame.length - size);
    assert.deepEqual(Buffer.from(body.map((byte, at) => byte ^ mask[at & 3])), text);
  }
});

test('the length in UTF-8 is that of the encoded text', () => {
  for (const text of ['', 'abc', 'é', '雁', '🪿', 'a🪿b雁', '\ud83e', 'x\udebf']) assert.equal(utf8Length(text), Buffer.byteLength(text), JSON.stringify(text));
});
