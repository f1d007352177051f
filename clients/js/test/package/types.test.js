import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

// @ts-expect-error lines in usage.ts make wrong uses fail too.
test('the types fit how the client is used, and refuse what does not work', async () => {
  const args = [compiler, '--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--module', 'nodenext', 'usage.ts'];
  const output = await new Promise((resolve) => execFile(process.execPath, args, { cwd: here }, (error, stdout) => resolve(error ? stdout || String(error) : stdout)));
  assert.equal(output, '');
});
