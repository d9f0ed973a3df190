import { describe, expect, test } from '@jest/globals';
import { contentOf, fate, withContent } from './opening.js';
import { zip } from './packing.js';

const text = Buffer.from('id,name\n1,Zürich\n2,"a ""b"""\n');
const entry = { name: 'a.csv', content: text };

describe('a ZIP archive', () => {
  test.each([
    ['deflated', zip([entry])],
    ['stored', zip([{ ...entry, stored: true }])],
    ['with a comment', zip([entry], { comment: 'made on Friday' })],
    ['with sizes of 64 bits', zip([{ ...entry, zip64: true }])],
    [
      'with folders and what macOS adds',
      zip([{ name: 'd/' }, { ...entry, name: 'd/a.csv' }, { name: '__MACOSX/d/._a.csv' }]),
    ],
    ['with any name of its entry', zip([{ ...entry, name: '..\\../Zürich é.txt' }])],
  ])('%s', async (_, packed) => {
    expect(await contentOf(packed, 'a.csv.zip', { step: 7 })).toEqual(text);
  });

  test('of more than a piece', async () => {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => `${i * 7919}\n`).join(''));
    expect((await contentOf(zip([{ name: 'a', content }]), 'a.zip')).equals(content)).toBe(true);
    expect((await contentOf(zip([{ name: 'a', content, stored: true }]), 'a.zip')).equals(content)).toBe(
      true,
    );
  });

  test.each([
    ['kinds.zip', 'list.json', 'list.json'],
    ['kinds.json.zip', 'x/list.csv', 'list.csv'],
    ['kinds.json.zip', 'data.txt', 'kinds.json'],
    ['kinds.csv.ZIP', 'data', 'kinds.csv'],
  ])('%s with %s in it is read as %s', async (name, inner, expected) => {
    await withContent(zip([{ ...entry, name: inner }]), name, {}, (content) => {
      expect(content.name).toBe(expected);
      return Promise.resolve();
    });
  });

  test.each([
    [
      'two files',
      zip([entry, { ...entry, name: 'b.csv' }]),
      /has 2 files: `a.csv`, `b.csv`; expected exactly one/,
    ],
    ['nothing', zip([]), /has no file; expected exactly one/],
    ['only a folder', zip([{ name: 'd/' }]), /has no file; expected exactly one/],
    ['a password', zip([{ ...entry, flags: 1 }]), /is encrypted/],
    ['another method', zip([{ ...entry, method: 12 }]), /by method 12; expected stored or deflate/],
  ])('with %s is refused', async (_, packed, message) => {
    await expect(contentOf(packed, 'a.zip')).rejects.toMatchObject({
      code: 'file_container',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['another checksum', zip([{ ...entry, crc: 1 }])],
    ['another size', zip([{ ...entry, size: 7 }])],
    ['another size, stored', zip([{ ...entry, size: 7, stored: true }])],
    ['bytes behind its end', Buffer.concat([zip([entry]), Buffer.from('more')])],
    ['bytes before its beginning', Buffer.concat([Buffer.from('PK\x03\x04'), zip([entry])])],
  ])('with %s is damaged', async (_, packed) => {
    expect(await fate(packed, 'a.zip')).toBe('file_damaged');
  });

  test('cut off at any byte is refused', async () => {
    for (const packed of [zip([entry]), zip([{ ...entry, stored: true, zip64: true }])]) {
      for (let length = 1; length < packed.length; length++) {
        const found = await fate(packed.subarray(0, length), 'a.zip');
        expect({ length, found }).toEqual({ length, found: 'file_truncated' });
      }
    }
  });

  test('with any byte changed is refused, or says the same', async () => {
    const packed = zip([entry, { name: 'd/' }], { comment: 'c' });
    for (let at = 0; at < packed.length; at++) {
      for (const bits of [1, 0x80]) {
        const changed = Buffer.from(packed);
        changed[at]! ^= bits;
        const found = await contentOf(changed, 'a.zip').catch((error: { code?: string }) =>
          String(error.code),
        );
        if (typeof found === 'string')
          expect({ at, found }).toEqual({ at, found: expect.stringMatching(/^file_/) });
        else expect(found.equals(text)).toBe(true);
      }
    }
  });
});
