import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { TallyError } from '../../errors.js';
import type { Column, Feed } from '../../feeds/feed.js';
import type { Reader } from './read.js';
import { DOUBLED, FAULT, type Row } from './row.js';

/** JSON is for small files (kinds of tickets, not tickets): it is read whole. */
const MOST_BYTES = 64 * 1024 * 1024;

interface Element {
  node: Node;
  values: Map<string, Node | string>;
}

/** Reads a list of objects, or a plain object of names and values, as rows with the columns of the feed. */
export async function readJson(file: FileHandle, feed: Feed, reader: Reader): Promise<void> {
  const { size } = await file.stat();
  if (size > MOST_BYTES) {
    throw new TallyError('json_malformed', `The JSON file has ${size} bytes; expected ${MOST_BYTES} at most.`, {
      hint: 'Ask for it as CSV, which is read at any size.',
    });
  }
  const bytes = Buffer.alloc(size);
  let length = 0;
  for (let read = -1; read !== 0 && length < size; length += read) {
    ({ bytesRead: read } = await file.read(bytes, length, size - length, length));
  }
  if (!isUtf8(bytes)) throw new TallyError('file_encoding', 'The JSON file is not UTF-8. Nothing was loaded.');
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const root = parse(text);
  const elements = elementsOf(feed, root);

  const extra = new Set<string>();
  for (const { values } of elements) {
    for (const name of values.keys()) if (!columnNamed(feed, name)) extra.add(name);
  }
  reader.header({ fields: [...feed.columns], isRow: false, isCopied: false, drift: { extra: [...extra], absent: [] } });
  let line = 1;
  let counted = 0;
  for (const element of elements) {
    for (; counted < element.node.offset; counted++) if (text.charCodeAt(counted) === 10) line++;
    reader.row(rowOf(feed, element, text, line));
  }
  await reader.afterBlock(size);
}

function parse(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (root && !error) return root;
  const offset = error?.offset ?? 0;
  const line = text.slice(0, offset).split('\n').length;
  const what = error ? printParseErrorCode(error.error) : 'it is empty';
  throw new TallyError('json_malformed', `The file is not JSON: line ${line}: ${what}. Nothing was loaded.`, {
    hint: `Near: ${text.slice(Math.max(0, offset - 20), offset + 20).trim() || 'the end'}`,
  });
}

function elementsOf(feed: Feed, root: Node): Element[] {
  const { list, pairs } = feed.json ?? {};
  if (root.type === 'array') return (root.children ?? []).map(objectElement);
  if (root.type === 'object') {
    const held = list === undefined ? undefined : valueNamed(root, list);
    if (held?.type === 'array') return (held.children ?? []).map(objectElement);
    if (pairs) return (root.children ?? []).map((property) => pairElement(property, pairs));
  }
  const expected = ['a list of objects', ...(list ? [`{"${list}": [...]}`] : []), ...(pairs ? ['an object of names and values'] : [])];
  throw new TallyError('json_malformed', `The JSON is ${root.type}; expected ${expected.join(' or ')}. Nothing was loaded.`);
}

function objectElement(node: Node): Element {
  const values = new Map<string, Node | string>();
  for (const property of node.type === 'object' ? (node.children ?? []) : []) {
    const [name, value] = property.children ?? [];
    if (name && value) values.set(String(name.value), value);
  }
  return { node, values };
}

/** `"17": "Adult"`, or `"17": {"name": "Adult", "enabled": true}` */
function pairElement(property: Node, pairs: { key: string; value: string }): Element {
  const [name, value] = property.children as [Node, Node];
  const values = value.type === 'object' ? objectElement(value).values : new Map([[pairs.value, value as Node | string]]);
  values.set(pairs.key, String(name.value));
  return { node: property, values };
}

function valueNamed(object: Node, name: string): Node | undefined {
  return object.children?.find((property) => property.children?.[0]?.value === name)?.children?.[1];
}

function columnNamed(feed: Feed, name: string): Column | undefined {
  const wanted = name.trim().toLowerCase();
  return feed.columns.find((column) => [column.name, ...column.aliases].some((each) => each.toLowerCase() === wanted));
}

/** The element as a row: its own text, and behind it its values as quoted fields. */
function rowOf(feed: Feed, element: Element, text: string, line: number): Row {
  const raw = text.slice(element.node.offset, element.node.offset + element.node.length);
  const quote = feed.quote;
  const isObject = element.node.type === 'object' || element.node.type === 'property';
  const count = isObject ? feed.columns.length : 0;
  const [starts, ends, written] = [new Int32Array(count), new Int32Array(count), new Uint8Array(count).fill(DOUBLED)];
  const pieces = [Buffer.from(raw)];
  const end = pieces[0]!.length;
  let at = end;
  feed.columns.slice(0, count).forEach((column, i) => {
    const found = [...element.values].find(([name]) => columnNamed(feed, name) === column)?.[1];
    const field = Buffer.from(quote + valueText(found, text).replaceAll(quote, quote + quote) + quote);
    starts[i] = at + 1;
    ends[i] = at + field.length - 1;
    at += field.length;
    pieces.push(field);
  });
  const bytes = Buffer.concat(pieces);
  return { bytes, line, start: 0, end, next: end, fault: FAULT.none, faultField: 0, count, starts, ends, written, clean: false };
}

/** A text as it is, a number as it is written, nothing for null, and what is nested as JSON. */
function valueText(value: Node | string | undefined, text: string): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value.type === 'null') return '';
  if (value.type === 'string') return String(getNodeValue(value));
  return text.slice(value.offset, value.offset + value.length);
}
