import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { FakeServer } from '../support/server.js';

const here = fileURLToPath(new URL('.', import.meta.url));

// By its package name, so that `exports` decides what a bundler takes.
const bundle = (platform) =>
  build({
    stdin: { contents: `export * from 'hongyan-client';`, resolveDir: here },
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    target: platform === 'node' ? 'node20' : 'es2022',
    metafile: true,
    write: false,
  });

test('a bundler for browsers takes it without a warning and without anything of Node', async () => {
  const { warnings, metafile, outputFiles } = await bundle('browser');
  assert.deepEqual(warnings, []);
  assert.deepEqual(Object.keys(metafile.inputs).filter((name) => name.includes('node/') || name.includes('.node.')), []);
  assert.ok(outputFiles[0].contents.length < 40_000, `${outputFiles[0].contents.length} bytes`);
});

test('a bundle for Node runs', async (t) => {
  const { warnings, outputFiles } = await bundle('node');
  assert.deepEqual(warnings, []);
  const dir = await mkdtemp(join(tmpdir(), 'hongyan-'));
  t.after(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, 'bundle.mjs'), outputFiles[0].contents);
  const { connect } = await import(pathToFileURL(join(dir, 'bundle.mjs')));
  const server = await FakeServer.start();
  t.after(() => server.stop());
  const client = connect({ url: server.url, client: 'bundled' });
  t.after(() => client.close());
  const open = new Promise((resolve) => client.on('state', ({ state }) => state === 'open' && resolve()));
  assert.equal((await server.greeted()).hello.client, 'bundled');
  await open;
});
