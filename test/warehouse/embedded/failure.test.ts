import { mkdir, readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { embeddedFailed, sayingWhatFailed } from '../../../src/warehouse/embedded/failure.js';

test('what the file system refuses names the path and what came', async () => {
  await expect(sayingWhatFailed(() => readFile('/nowhere/file'))).rejects.toMatchObject({
    code: 'embedded_failed',
    message:
      'The embedded database needs its files, and open /nowhere/file failed: no such file or directory.',
  });
  await expect(sayingWhatFailed(() => mkdir('/'))).rejects.toMatchObject({ code: 'embedded_failed' });
});

test('a full disk and a missing right have their hints', async () => {
  const refusal = (code: string, text: string): Error =>
    Object.assign(new Error(`${code}: ${text}, write`), { code, syscall: 'write' });
  const hintOf = (error: Error): Promise<string> =>
    sayingWhatFailed(() => Promise.reject(error)).catch((failure: { hint: string }) => failure.hint);
  expect(await hintOf(refusal('ENOSPC', 'no space left on device'))).toMatch(/^Free space/);
  expect(await hintOf(refusal('EACCES', 'permission denied'))).toMatch(/user who owns the workspace/);
  expect(await hintOf(refusal('EROFS', 'read-only file system'))).toMatch(/read-only/);
});

test('a mistake of the program stays what it is, and an error that says it all too', async () => {
  const mistake = new TypeError('undefined is not a function');
  await expect(sayingWhatFailed(() => Promise.reject(mistake))).rejects.toBe(mistake);
  const said = embeddedFailed('It does not run.');
  await expect(sayingWhatFailed(() => Promise.reject(said))).rejects.toBe(said);
  expect(said.hint).toMatch(/DATABASE_URL/);
});
