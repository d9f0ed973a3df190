import { isUtf8 } from 'node:buffer';
import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import type { Content } from '../../content/content.js';
import { TallyError } from '../../errors.js';
import { rowEncoding, type Feed } from '../../feeds/feed.js';
import type { Reader } from './read.js';
import { FAULT, type Fault, type Row } from './row.js';
import { rowOfValues } from './values.js';

const LF = 10;

/** JSON is for small files (kinds of tickets, not tickets): it is read whole, and takes thirty times its size. */
const MOST_BYTES = 16 * 1024 * 1024;

interface Element {
  node: Node;
  /** What it says, name by name; a name may come twice. */
  values: [name: string, value: Node | string][];
}

/** Reads a list of objects, or a plain object of names and values, as rows with the columns of the feed. */
export async function readJson(content: Content, feed: Feed, reader: Reader): Promise<void> {
  const { bytes, position } = await readWhole(content, feed);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (text.trim() === '') {
    throw new TallyError('file_empty', 'The file is empty; expected JSON. Nothing was loaded.', {
      hint: 'Ask for the file again.',
    });
  }
  const elements = elementsOf(feed, parse(text));
  const columnOf = columnFinder(feed);

  const names = new Set(elements.flatMap(({ values }) => values.map(([name]) => name)));
  const extra = [...names].filter((name) => columnOf(name) < 0);
  reader.header({ fields: [...feed.columns], isRow: false, drift: { extra, absent: [] } }, Buffer.of(LF));
  let line = 0;
  let lineAt = 1;
  let counted = 0;
  for (const element of elements) {
    for (; counted < element.node.offset; counted++) if (text.charCodeAt(counted) === LF) lineAt++;
    // A row is known by its line, so those that stand on one line are counted on.
    line = Math.max(line + 1, lineAt);
    reader.row(rowOf(feed, element, columnOf, text, line));
  }
  await reader.afterBlock(position);
}

/** The row that the text of an element is by itself, as `readJson` found it in its file; undefined if it is none. */
export function readJsonRow(feed: Feed, text: string, line: number): Row | undefined {
  // An element of a list, or a name with its value.
  for (const whole of [`[${text}]`, `{${text}}`]) {
    try {
      const elements = elementsOf(feed, parse(whole));
      if (elements.length === 1) return rowOf(feed, elements[0]!, columnFinder(feed), whole, line);
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
    }
  }
  return undefined;
}

async function readWhole(content: Content, feed: Feed): Promise<{ bytes: Buffer; position: number }> {
  if (rowEncoding(feed) !== 'utf-8') {
    throw new TallyError(
      'file_encoding',
      `JSON is always Unicode, and the feed says ${feed.encoding}. Nothing was loaded.`,
      {
        hint: `Make a feed of its own for JSON files, or ask for CSV.`,
      },
    );
  }
  const { bytes, position } = await readUpTo(content, MOST_BYTES + 1);
  if (bytes.length > MOST_BYTES) {
    throw new TallyError(
      'json_malformed',
      `The JSON file has more than ${MOST_BYTES} bytes; expected fewer.`,
      {
        hint: 'Ask for it as CSV, which is read at any size.',
      },
    );
  }
  if (!isUtf8(bytes))
    throw new TallyError('file_encoding', `The JSON file is not ${feed.encoding}. Nothing was loaded.`);
  return { bytes, position };
}

const PIECE_BYTES = 64 * 1024;

async function readUpTo(content: Content, most: number): Promise<{ bytes: Buffer; position: number }> {
  const reading = content.begin();
  try {
    let bytes = Buffer.alloc(PIECE_BYTES);
    let length = 0;
    for (let read = -1; read !== 0 && length < most; length += read) {
      if (length === bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(length)]);
      read = await reading.read(bytes, length, bytes.length - length);
    }
    return { bytes: bytes.subarray(0, length), position: reading.position };
  } finally {
    await reading.close();
  }
}

function parse(text: string): Node {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { disallowComments: true });
  } catch (error) {
    // The parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    throw new TallyError(
      'json_malformed',
      'The JSON is nested thousands of levels deep. Nothing was loaded.',
    );
  }
  const [error] = errors;
  if (root && !error) return root;
  const offset = error?.offset ?? 0;
  const line = text.slice(0, offset).split('\n').length;
  const what = error && text.trim() !== '' ? printParseErrorCode(error.error) : 'it is empty';
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
  const expected = [
    'a list of objects',
    ...(list ? [`{"${list}": [...]}`] : []),
    ...(pairs ? ['an object of names and values'] : []),
  ];
  throw new TallyError(
    'json_malformed',
    `The JSON is ${root.type}; expected ${expected.join(' or ')}. Nothing was loaded.`,
  );
}

function objectElement(node: Node): Element {
  const properties = node.type === 'object' ? (node.children ?? []) : [];
  return { node, values: properties.map(({ children }) => [String(children![0]!.value), children![1]!]) };
}

/** `"17": "Adult"`, or `"17": {"name": "Adult", "enabled": true}` */
function pairElement(property: Node, pairs: { key: string; value: string }): Element {
  const [name, value] = property.children as [Node, Node];
  const values: Element['values'] =
    value.type === 'object' ? objectElement(value).values : [[pairs.value, value]];
  return { node: property, values: [[pairs.key, String(name.value)], ...values] };
}

function valueNamed(object: Node, name: string): Node | undefined {
  return object.children?.find((property) => property.children?.[0]?.value === name)?.children?.[1];
}

/** Tells which column of the feed a name is; -1 for none. */
function columnFinder(feed: Feed): (name: string) => number {
  const normal = (name: string) => name.trim().toLowerCase();
  const places = new Map(
    feed.columns.flatMap((column, i) => [column.name, ...column.aliases].map((name) => [normal(name), i])),
  );
  return (name) => places.get(normal(name)) ?? -1;
}

/** The element as a row: its own text, and behind it its values as quoted fields. */
function rowOf(
  feed: Feed,
  element: Element,
  columnOf: (name: string) => number,
  text: string,
  line: number,
): Row {
  const { node } = element;
  const values = feed.columns.map(() => '');
  let fault: Fault = node.type === 'object' || node.type === 'property' ? FAULT.none : FAULT.notObject;
  let faultField = 0;
  const given = new Set<number>();
  for (const [name, value] of element.values) {
    const column = columnOf(name);
    if (column < 0) continue;
    const said = valueText(value, text);
    if (given.has(column) && values[column] !== said) [fault, faultField] = [FAULT.nameTwice, column + 1];
    given.add(column);
    values[column] = said;
  }
  const raw = Buffer.from(text.slice(node.offset, node.offset + node.length));
  return rowOfValues(feed, fault === FAULT.none ? values : [], line, { raw, fault, faultField });
}

/** A text as it is, a number as it is written, nothing for null, and what is nested as JSON. */
function valueText(value: Node | string, text: string): string {
  if (typeof value === 'string') return value;
  if (value.type === 'null') return '';
  if (value.type === 'string') return String(getNodeValue(value));
  return text.slice(value.offset, value.offset + value.length);
}
