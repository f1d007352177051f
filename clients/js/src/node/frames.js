import { randomFillSync } from 'node:crypto';

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** A failure of the other side, with the close code to answer it. */
export class FrameError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** One masked frame (RFC 6455, section 5.2), as a client must send it. */
export function encodeFrame(opcode, payload) {
  const size = payload.length;
  const extra = size < 126 ? 0 : size < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(6 + extra + size);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extra === 0 ? size : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(size, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(size), 2);
  const mask = frame.subarray(2 + extra, 6 + extra);
  randomFillSync(mask);
  const body = 6 + extra;
  for (let at = 0; at < size; at++) frame[body + at] = payload[at] ^ mask[at & 3];
  return frame;
}

/** Takes bytes as they come and gives whole messages and control frames. */
export class FrameReader {
  #maxBytes;
  #accept;
  #held = Buffer.alloc(0);
  #parts = [];
  #size = 0;
  #opcode = 0;

  /** @param {number} maxBytes of a message @param {(opcode: number, payload: Buffer) => void} accept */
  constructor(maxBytes, accept) {
    this.#maxBytes = maxBytes;
    this.#accept = accept;
  }

  push(chunk) {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    for (;;) {
      const used = this.#frame(bytes, at);
      if (used === 0) break;
      at += used;
    }
    this.#held = bytes.subarray(at);
  }

  /** @returns {number} bytes used, 0 when the frame is not whole yet */
  #frame(bytes, at) {
    const left = bytes.length - at;
    if (left < 2) return 0;
    const first = bytes[at];
    const second = bytes[at + 1];
    const opcode = first & 0x0f;
    const final = (first & 0x80) !== 0;
    if (first & 0x70) throw new FrameError(1002, 'reserved bits are set');
    if (second & 0x80) throw new FrameError(1002, 'a server must not mask');
    let size = second & 0x7f;
    let header = 2;
    if (opcode >= 8 && (size > 125 || !final)) throw new FrameError(1002, 'a control frame is small and whole');
    if (size === 126) {
      if (left < 4) return 0;
      size = bytes.readUInt16BE(at + 2);
      header = 4;
    } else if (size === 127) {
      if (left < 10) return 0;
      size = Number(bytes.readBigUInt64BE(at + 2));
      header = 10;
    }
    if (opcode < 8 && size + this.#size > this.#maxBytes) throw new FrameError(1009, 'message too big');
    if (left < header + size) return 0;
    this.#take(opcode, final, bytes.subarray(at + header, at + header + size));
    return header + size;
  }

  #take(opcode, final, payload) {
    if (opcode === CLOSE || opcode === PING || opcode === PONG) return this.#accept(opcode, payload);
    if (opcode > 2) throw new FrameError(1002, `unknown opcode ${opcode}`);
    if ((opcode === 0) !== (this.#opcode !== 0)) throw new FrameError(1002, 'fragments out of order');
    if (opcode !== 0) this.#opcode = opcode;
    if (final && opcode !== 0) {
      this.#opcode = 0;
      return this.#accept(opcode, payload);
    }
    this.#parts.push(payload);
    this.#size += payload.length;
    if (!final) return;
    const whole = Buffer.concat(this.#parts);
    const kind = this.#opcode;
    this.#parts = [];
    this.#size = this.#opcode = 0;
    this.#accept(kind, whole);
  }
}
