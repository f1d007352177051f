import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { connect as dial, createServer as createTcpServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { Place, skip } from '../support/node.js';
import { range } from '../support/received.js';

const executablePath = process.env.HONGYAN_CHROMIUM ?? '/usr/bin/chromium';

const PAGE = `<!doctype html><meta charset="utf-8"><title>test</title><script type="module">
  import { connect } from '/MODULE';
  const { url, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const got = (window.got = { live: [], durable: [] });
  const states = (window.states = []);
  const client = (window.client = connect({ url, token, client: 'page' }));
  client.on('state', ({ state }) => states.push(state));
  const attached = (window.attached = new Set());
  client.on('subscribed', ({ sub }) => attached.add(sub));
  client.on('gap', (gap) => states.push('gap ' + JSON.stringify(gap)));
  for (const mode of ['live', 'durable'])
    client.subscribe({ sub: 'page-' + mode, topics: ['app.page'], mode }, ({ event }) => void got[mode].push(event.data.n));
</script>`;

describe('in a real browser', { skip }, () => {
  let place;
  let tenant;
  let browser;
  let site;
  let cable;
  let token;
  let sent = 0;

  before(async () => {
    place = await Place.open();
    tenant = await place.tenant('acme');
    token = await tenant.token('page');
    site = await serveFiles();
    cable = await Cable.to(place.port);
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
  });

  after(async () => {
    await browser?.close();
    await cable?.close();
    await site?.close();
    await place?.close();
  });

  async function open(t, module) {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    const hash = new URLSearchParams({ url: `ws://127.0.0.1:${cable.port}/ws/v1`, token });
    await page.goto(`${site.url}/${module}.html#${hash}`);
    await page.waitForFunction('attached.size === 2'); // both started at the head
    return { context, page, problems };
  }

  async function publish(count) {
    for (let n = 0; n < count; n++) await tenant.publish('app.page', { n: sent++ });
  }

  /** Waits for the last of them in both handlers and gives what the handlers saw. */
  async function seen(page, from) {
    await page.waitForFunction(
      (wanted) => new Set(got.live).size >= wanted && new Set(got.durable).size >= wanted,
      sent - from,
      { timeout: 60_000 },
    );
    return page.evaluate('got');
  }

  for (const module of ['src/index.js', 'bundle.js']) {
    test(`a page that goes offline and comes back misses nothing and sees nothing twice (${module})`, async (t) => {
      const { context, page, problems } = await open(t, module);
      const from = sent;
      await publish(10);
      await seen(page, from);

      const cut = page.waitForFunction('states.includes("offline")', null, { timeout: 60_000 });
      await context.setOffline(true); // the browser says so and lets nothing new through
      cable.cut(); // and what is open breaks: Chromium leaves open WebSockets alone
      await cut;
      await publish(50);
      assert.equal(await page.evaluate('client.state'), 'offline');
      assert.equal(await page.evaluate('got.live.length'), 10);
      await context.setOffline(false);
      const got = await seen(page, from);
      await publish(10);
      await seen(page, from);

      const all = range(70).map((n) => from + n);
      const end = await page.evaluate('got');
      assert.deepEqual(end, { live: all, durable: all }, JSON.stringify(got));
      assert.deepEqual((await page.evaluate('states')).filter((state) => state.startsWith('gap')), []);
      assert.deepEqual(problems, []);
    });
  }
});

/** The module as it is, a bundle of it, and a page for each. */
async function serveFiles() {
  const root = new URL('../../../', import.meta.url);
  const bundle = await build({ entryPoints: [new URL('src/index.js', root).pathname], bundle: true, format: 'esm', platform: 'browser', write: false });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://site').pathname.slice(1);
    if (path.endsWith('.html')) response.setHeader('Content-Type', 'text/html').end(PAGE.replace('MODULE', path.slice(0, -5)));
    else if (path === 'bundle.js') response.setHeader('Content-Type', 'text/javascript').end(bundle.outputFiles[0].text);
    else if (/^src\/[\w/]+\.js$/.test(path)) response.setHeader('Content-Type', 'text/javascript').end(await readFile(new URL(path, root)));
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** A cable between page and server that can be cut. */
class Cable {
  #sockets = new Set();
  #server;

  static async to(port) {
    const cable = new Cable();
    cable.#server = createTcpServer((near) => {
      const far = dial(port, '127.0.0.1');
      for (const [socket, other] of [[near, far], [far, near]]) {
        cable.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {});
        socket.on('close', () => {
          cable.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    await new Promise((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    cable.port = cable.#server.address().port;
    return cable;
  }

  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    this.cut();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
