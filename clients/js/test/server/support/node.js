import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const LIB = join(ROOT, 'deploy/target/hongyan/lib');
const KEY = 'operator-key-of-the-javascript-tests';
const READY_WITHIN_MS = 120_000;

const built = existsSync(LIB) && readdirSync(LIB).some((name) => name.startsWith('hongyan-deploy-'));

/** False, or why these tests cannot run. `HONGYAN_SERVER_TESTS=1` (bin/test sets it) never skips: bin/hongyan builds. */
export const skip = built || process.env.HONGYAN_SERVER_TESTS ? false : 'the server is not built: run bin/hongyan version, or set HONGYAN_SERVER_TESTS=1';

/** A store folder and a port with `hongyan serve` processes on it. Ended with the test. */
export class Place {
  #dir = mkdtempSync(join(tmpdir(), 'hongyan-'));
  #nodes = new Set();
  port = 0;

  /** @param {import('node:test').TestContext} [t] closes it at its end */
  static async open(t) {
    const place = new Place();
    t?.after(() => place.close());
    await place.start();
    return place;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/ws/v1`;
  }

  /** One more process on the same store and port; resolves when its doors are open. */
  async start() {
    const node = new Node(this.#dir, this.port);
    this.#nodes.add(node);
    this.port = await node.ready;
    return (this.node = node);
  }

  /** A tenant of its own and what is done with it. */
  async tenant(id) {
    await this.ask('POST', '/tenants', { id, name: id });
    return new Tenant(this, id);
  }

  /** The admin API as operator. */
  async ask(method, path, body) {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${KEY}`, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async close() {
    for (const node of this.#nodes) await node.stop();
    killRedisOf(this.#dir); // it outlives a node that was killed and not started again
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

class Node {
  #process;
  #log = [];

  constructor(dir, port) {
    this.#process = spawn(join(ROOT, 'bin/hongyan'), ['serve', '--child'], {
      env: {
        // a node refuses HONGYAN_ variables that it does not know, such as those of these tests
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HONGYAN_'))),
        HONGYAN_OPERATOR_KEY: KEY,
        HONGYAN_HTTP_HOST: '127.0.0.1',
        HONGYAN_HTTP_PORT: String(port),
        HONGYAN_MANAGEMENT_PORT: '0',
        HONGYAN_STORE_DIR: join(dir, 's'),
        HONGYAN_JAVA_OPTS: '-Xmx256m',
      },
    });
    /** How it ended: `{ code, signal }`. */
    this.ended = new Promise((resolve) => this.#process.on('exit', (code, signal) => resolve({ code, signal })));
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time\n${this.log}`)), READY_WITHIN_MS);
      this.ended.then(({ code, signal }) => reject(new Error(`ended (${code ?? signal}) before it was ready\n${this.log}`)));
      for (const stream of [this.#process.stdout, this.#process.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          this.#log.push(line);
          const port = line.includes('"msg":"ready"') && JSON.parse(line).http_port;
          if (port) {
            clearTimeout(timer);
            resolve(port);
          }
        });
      }
    });
  }

  get log() {
    return this.#log.join('\n');
  }

  /** `kill -9` */
  kill() {
    this.#process.kill('SIGKILL');
    return this.ended;
  }

  /** As an operator ends it; resolves when it is gone. */
  stop() {
    this.#process.kill('SIGTERM');
    return this.ended;
  }
}

class Tenant {
  #place;

  constructor(place, id) {
    this.#place = place;
    this.id = id;
  }

  /** A client token that may read and write everything of ours. */
  async token(subject, ttlSeconds = 3_600) {
    const body = { subject, topics: ['#'], publish: ['app.#'], ttlSeconds };
    return (await this.#place.ask('POST', `/tenants/${this.id}/client-tokens`, body)).token;
  }

  /** Appends a message by HTTP. */
  publish(topic, data, subject) {
    return this.#place.ask('POST', `/tenants/${this.id}/messages`, { topic, subject, data });
  }

  sessions() {
    return this.#place.ask('GET', `/tenants/${this.id}/sessions`);
  }
}

function killRedisOf(dir) {
  if (!existsSync('/proc')) return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(dir)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // ended by itself, or not ours
    }
  }
}
