import { createHash, randomBytes } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { BINARY, CLOSE, FrameError, FrameReader, PING, TEXT, encodeFrame } from './frames.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_MESSAGE = 4 * 1024 * 1024;
const CLOSE_WITHIN_MS = 2_000;
const HANDSHAKE_WITHIN_MS = 15_000;
/** Refusals of the handshake that have a meaning of their own (protocol, sections 1 and 5). */
const REFUSED = { 400: 4415, 401: 4401, 403: 4403 };

/**
 * The part of the standard WebSocket that the client uses, for Node 20, which has none: text messages, close codes,
 * subprotocols, ping answered with pong. No extensions, no proxies.
 */
export class NodeWebSocket {
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  protocol = '';
  readyState = 0;

  #socket;
  #request;
  #closeSent = false;
  #utf8 = new TextDecoder('utf-8', { fatal: true });

  constructor(url, protocols = []) {
    const target = new URL(url);
    const key = randomBytes(16).toString('base64');
    const { request } = target.protocol === 'wss:' ? https : http;
    target.protocol = target.protocol === 'wss:' ? 'https:' : 'http:';
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key };
    if (protocols.length > 0) headers['Sec-WebSocket-Protocol'] = [].concat(protocols).join(', ');
    this.#request = request(target, { headers, agent: false, timeout: HANDSHAKE_WITHIN_MS });
    this.#request.on('upgrade', (response, socket, head) => this.#upgraded(response, socket, head, key, protocols));
    this.#request.on('response', (response) => {
      response.resume();
      this.#over(REFUSED[response.statusCode] ?? 1006, `handshake refused with HTTP ${response.statusCode}`);
      this.#request.destroy();
    });
    this.#request.on('timeout', () => this.#request.destroy(new Error('handshake timed out')));
    this.#request.on('error', (error) => this.#over(1006, error.message));
    this.#request.end();
  }

  #upgraded(response, socket, head, key, protocols) {
    const accept = createHash('sha1').update(key + GUID).digest('base64');
    const protocol = response.headers['sec-websocket-protocol'] ?? '';
    this.#socket = socket;
    if (response.headers['sec-websocket-accept'] !== accept || (protocol !== '' && !protocols.includes(protocol))) {
      socket.destroy();
      return this.#over(1006, 'the handshake was not answered properly');
    }
    if (this.readyState !== 0) return socket.destroy();
    this.protocol = protocol;
    this.readyState = 1;
    const reader = new FrameReader(MAX_MESSAGE, (opcode, payload) => this.#received(opcode, payload));
    const read = (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#fail(error);
      }
    };
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.on('data', read);
    socket.on('error', () => {});
    socket.on('close', () => this.#over(1006, ''));
    socket.on('end', () => socket.end());
    this.onopen?.({ type: 'open' });
    if (head.length > 0) read(head);
  }

  #received(opcode, payload) {
    if (this.readyState > 2) return;
    if (opcode === TEXT) this.onmessage?.({ type: 'message', data: this.#text(payload) });
    else if (opcode === PING) this.#write(10, payload);
    else if (opcode === BINARY) throw new FrameError(1003, 'binary is not understood');
    else if (opcode === CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      const reason = payload.length > 2 ? this.#text(payload.subarray(2)) : '';
      this.#sendClose(code === 1005 ? undefined : code);
      this.#over(code, reason);
      this.#socket.end();
    }
  }

  #text(bytes) {
    try {
      return this.#utf8.decode(bytes);
    } catch {
      throw new FrameError(1007, 'not UTF-8');
    }
  }

  #fail(error) {
    this.#sendClose(error.code ?? 1011);
    this.#over(1006, error.message);
    this.#socket.destroySoon();
  }

  send(text) {
    if (this.readyState === 1) this.#write(TEXT, Buffer.from(text));
  }

  close(code, reason = '') {
    if (this.readyState >= 2) return;
    if (this.readyState === 0) {
      this.#request.destroy();
      return this.#over(1006, 'closed before it was open');
    }
    this.readyState = 2;
    this.#sendClose(code, reason);
    // The other side has a moment to answer; a dead one must not keep the process alive.
    setTimeout(() => this.#socket.destroy(), CLOSE_WITHIN_MS).unref();
  }

  #sendClose(code, reason = '') {
    if (this.#closeSent) return;
    const body = Buffer.alloc(code === undefined ? 0 : 2 + Buffer.byteLength(reason));
    if (code !== undefined) {
      body.writeUInt16BE(code, 0);
      body.write(reason, 2);
    }
    this.#write(CLOSE, body);
    this.#closeSent = true;
  }

  #write(opcode, payload) {
    if (!this.#closeSent && this.#socket.writable) this.#socket.write(encodeFrame(opcode, payload));
  }

  #over(code, reason) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (code === 1006) this.onerror?.({ type: 'error', message: reason });
    this.onclose?.({ type: 'close', code, reason, wasClean: code !== 1006 });
  }
}
