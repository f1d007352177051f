import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Mailbox } from './mailbox.js';

/** A server that speaks the protocol as the test tells it to: real sockets, scripted answers. */
export class FakeServer {
  #http = createServer((request, response) => {
    this.pings++;
    response.writeHead(this.pingStatus).end();
  });
  #sessions = new Mailbox();
  #sockets = new Set();
  pings = 0;
  pingStatus = 204;
  /** HTTP status to refuse handshakes with, or 0. */
  refuse = 0;

  static async start() {
    const server = new FakeServer();
    server.#http.on('upgrade', (request, socket) => server.#upgrade(request, socket));
    server.#http.on('connection', (socket) => {
      server.#sockets.add(socket);
      socket.on('close', () => server.#sockets.delete(socket));
    });
    await new Promise((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    server.url = `ws://127.0.0.1:${server.#http.address().port}/ws/v1`;
    return server;
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#http.close(resolve));
  }

  /** The next connection. */
  session() {
    return this.#sessions.take();
  }

  /** The next connection, greeted; `hello` is on it. */
  async greeted(welcome) {
    const session = await this.session();
    session.hello = await session.take('hello');
    session.welcome(welcome);
    return session;
  }

  #upgrade(request, socket) {
    socket.on('error', () => {});
    if (this.refuse) return socket.end(`HTTP/1.1 ${this.refuse} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    const key = request.headers['sec-websocket-key'];
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Protocol: hongyan.v1\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.#sessions.put(new Session(request, socket));
  }
}

class Session {
  #socket;
  #bytes = Buffer.alloc(0);
  #ops = new Mailbox();
  #ended = new Mailbox();
  frames = 0;

  constructor(request, socket) {
    this.protocols = request.headers['sec-websocket-protocol'].split(', ');
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => this.#ended.put({ code: 1006 }));
  }

  /** The next operation of one of these kinds; those before it are skipped. */
  take(...ops) {
    return this.#ops.take((candidate) => ops.includes(candidate.op));
  }

  /** True when an operation of the kind has come and was not taken. */
  has(op) {
    return this.#ops.peek((candidate) => candidate.op === op) !== undefined;
  }

  /** How the client ended it. */
  ended() {
    return this.#ended.take();
  }

  welcome(more = {}) {
    this.send({ op: 'welcome', session: 's-1', generation: 1, node: 'a', now: 0, beatMs: 20_000, pingMs: 15_000, deadMs: 45_000, maxFrame: 65_536, ...more });
  }

  subscribed(sub, cursor, more = {}) {
    this.send({ op: 'subscribed', sub, verdict: 'resumed', cursor, head: cursor, ...more });
  }

  /** Delivers messages whose cursors are given as `e:1` or as whole `msg` fields. */
  deliver(sub, prev, ...messages) {
    const lines = messages.map((m) => (typeof m === 'string' ? { cursor: m } : m)).map((m) => ({ op: 'msg', event: { specversion: '1.0', id: `id-${m.cursor}` }, ...m }));
    this.send({ op: 'deliver', sub, prev, n: lines.length }, ...lines);
  }

  /** One frame of these operations. */
  send(...ops) {
    this.raw(1, Buffer.from(ops.map((op) => JSON.stringify(op)).join('\n')));
  }

  close(code, reason = '') {
    const body = Buffer.alloc(2 + Buffer.byteLength(reason));
    body.writeUInt16BE(code);
    body.write(reason, 2);
    this.raw(8, body);
    this.#socket.end();
  }

  /** As a cut cable. */
  drop() {
    this.#socket.destroy();
  }

  raw(opcode, payload, final = true) {
    const size = payload.length;
    const head = size < 126 ? Buffer.from([0, size]) : size < 65_536 ? Buffer.from([0, 126, size >> 8, size & 255]) : Buffer.alloc(10);
    if (size >= 65_536) {
      head[1] = 127;
      head.writeBigUInt64BE(BigInt(size), 2);
    }
    head[0] = (final ? 0x80 : 0) | opcode;
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #read(chunk) {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const bytes = this.#bytes;
      if (bytes.length < 2) return;
      let size = bytes[1] & 0x7f;
      let at = 2;
      if (size === 126) [size, at] = [bytes.length < 4 ? Infinity : bytes.readUInt16BE(2), 4];
      else if (size === 127) [size, at] = [bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2)), 10];
      if (bytes.length < at + 4 + size) return;
      const mask = bytes.subarray(at, at + 4);
      const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + size)).map((byte, index) => byte ^ mask[index & 3]);
      this.#bytes = bytes.subarray(at + 4 + size);
      this.#frame(bytes[0] & 0x0f, Buffer.from(payload));
    }
  }

  #frame(opcode, payload) {
    if (opcode === 1) {
      this.frames++;
      for (const line of payload.toString().split('\n')) this.#ops.put(JSON.parse(line));
    } else if (opcode === 8) {
      this.#ended.put({ code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005 });
      this.#socket.end();
    } else if (opcode === 10) {
      this.#ops.put({ op: '(pong)', text: payload.toString() });
    }
  }
}
