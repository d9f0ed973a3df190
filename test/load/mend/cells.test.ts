import { describe, expect, test } from '@jest/globals';
import { readFeed } from '../../../src/feeds/feed.js';
import { rawText, splitterOf } from '../../../src/load/mend/cells.js';

function feedOf(settings: string) {
  const columns = 'columns:\n  - { name: id, type: text }\n  - { name: name, type: text }\n';
  const read = readFeed(
    'feeds/things.yaml',
    `title: T.\nfiles: [t.csv]\nmode: replace\n${settings}${columns}`,
  );
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.feed;
}

const textsOf = (cells: ReturnType<ReturnType<typeof splitterOf>>) =>
  cells && Object.fromEntries([...cells].map(([name, { text }]) => [name, text]));

describe('a raw row is told apart', () => {
  test('in the order of the fields of its file, unknown ones left out', () => {
    const split = splitterOf(feedOf(''), ['name', null, 'id']);
    expect(textsOf(split(Buffer.from('"a ""b"", c\nd",x, 7 '), 'utf-8'))).toEqual({
      name: 'a "b", c\nd',
      id: ' 7 ',
    });
  });

  test('not where that cannot be done: other numbers of fields, broken quotes, an order that was not kept', () => {
    const split = splitterOf(feedOf(''), ['name', 'id']);
    for (const raw of ['a', 'a,b,c', '"a,b', 'a"b,c'])
      expect(split(Buffer.from(raw), 'utf-8')).toBeUndefined();
    expect(splitterOf(feedOf(''), undefined)(Buffer.from('a,b'), 'utf-8')).toBeUndefined();
  });

  test('in its encoding; bytes that are no text are shown, however long the text is', () => {
    const long = 'x'.repeat(500);
    const utf8 = splitterOf(feedOf(''), ['id', 'name'])(Buffer.from(`${long}\xe9,ok`, 'latin1'), 'utf-8')!;
    expect([utf8.get('id'), utf8.get('name')]).toEqual([
      { text: `${long}\\xe9`, isClean: false },
      { text: 'ok', isClean: true },
    ]);
    const windows = splitterOf(feedOf('encoding: windows-1252\n'), ['id', 'name']);
    expect(textsOf(windows(Buffer.from('\x80,b', 'latin1'), 'windows-1252'))).toEqual({ id: '€', name: 'b' });
    const utf16 = feedOf('encoding: utf-16\n');
    const split = splitterOf(utf16, ['id', 'name']);
    const raw = Buffer.from('é😀,\ud800b', 'utf16le');
    for (const [bytes, encoding] of [
      [raw, 'utf-16le'],
      [Buffer.from(raw).swap16(), 'utf-16be'],
    ] as const) {
      expect(textsOf(split(bytes, encoding))).toEqual({ id: 'é😀', name: '\\ud800b' });
      expect(rawText(utf16, bytes, encoding)).toBe('é😀,\\ud800b');
    }
  });

  test('of JSON by the names of its values', () => {
    const split = splitterOf(feedOf('json: { pairs: { key: id, value: name } }\n'), []);
    expect(textsOf(split(Buffer.from('{"NAME": "a\\nb", "id": 1.50}'), 'utf-8'))).toEqual({
      id: '1.50',
      name: 'a\nb',
    });
    expect(textsOf(split(Buffer.from('"17": "Adult"'), 'utf-8'))).toEqual({ id: '17', name: 'Adult' });
    expect(split(Buffer.from('17'), 'utf-8')).toBeUndefined();
  });
});
