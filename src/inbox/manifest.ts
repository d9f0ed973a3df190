import { basename } from 'node:path';
import { findNodeAtLocation, parseTree, type Node, type ParseError } from 'jsonc-parser';
import { TallyError } from '../errors.js';

/** What is to be held against the rows of a file. */
export interface Control {
  rows?: number;
  /** Exact sums of columns, as they were written. */
  totals?: Record<string, string>;
}

/** What an agency says of a file. */
export interface Manifest extends Control {
  /** Where it says so. */
  name: string;
  bytes?: number;
  sha256?: string;
}

const WORDS = 'bytes, sha256, rows, totals';
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** `<file>.manifest.json`: any of bytes, sha256, rows and totals; other words of it are the agency's own. */
export function readManifest(name: string, given: string): Manifest {
  const text = given.replace(/^\ufeff/, '');
  const errors: ParseError[] = [];
  // Not JSON.parse: of a total the digits count, and a float has no more than 15 of them.
  const root = parseTree(text, errors, { disallowComments: true });
  if (root?.type !== 'object' || errors.length > 0) throw invalid(name, 'expected a JSON object');
  const word = (...path: string[]) => findNodeAtLocation(root, path);
  const bytes = wholeNumber(name, 'bytes', word('bytes'), text);
  const rows = wholeNumber(name, 'rows', word('rows'), text);
  const sha256 = checksum(name, word('sha256'));
  const totals = totalsOf(name, word('totals'), text);
  const manifest = {
    name,
    ...(bytes === undefined ? {} : { bytes }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(rows === undefined ? {} : { rows }),
    ...(totals === undefined ? {} : { totals }),
  };
  if (Object.keys(manifest).length === 1) throw invalid(name, `expected at least one of ${WORDS}`);
  return manifest;
}

/** `<file>.sha256`, as `sha256sum` writes it, with or without the name; of several lines the one of this file. */
export function readChecksum(name: string, text: string): Manifest {
  const file = basename(name).replace(/\.sha256$/i, '');
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .flatMap((line) => {
      const gnu = /^\\?([0-9a-f]{64})(?:[ \t]+\*?(.*))?$/i.exec(line.trim());
      const bsd = /^SHA256 \((.*)\) = ([0-9a-f]{64})$/i.exec(line.trim());
      if (gnu) return [{ sha256: gnu[1]!, of: gnu[2] }];
      return bsd ? [{ sha256: bsd[2]!, of: bsd[1] }] : [];
    });
  const found = lines.length === 1 ? lines[0] : lines.find(({ of }) => of && basename(of) === file);
  if (!found) throw invalid(name, `expected a line with the SHA-256 of ${file} as 64 hex digits`);
  return { name, sha256: found.sha256.toLowerCase() };
}

/** Bytes and checksum are held against the file before anything of it is read. */
export function refuseOtherFile(
  manifests: Manifest[],
  { size, sha256 }: { size: number; sha256: string },
): void {
  for (const manifest of manifests) {
    if (manifest.bytes !== undefined && manifest.bytes !== size)
      throw differs(manifest.name, `${manifest.bytes} bytes`, `has ${size}`);
    if (manifest.sha256 !== undefined && manifest.sha256 !== sha256)
      throw differs(manifest.name, `the sha256 ${manifest.sha256}`, `has ${sha256}`);
  }
}

/** What the manifests of a file say of its rows; undefined where they say nothing. */
export function controlOf(manifests: Manifest[]): Control | undefined {
  const found = manifests.find(({ rows, totals }) => rows !== undefined || totals !== undefined);
  if (!found) return undefined;
  const { rows, totals } = found;
  return { ...(rows === undefined ? {} : { rows }), ...(totals === undefined ? {} : { totals }) };
}

function differs(name: string, expected: string, found: string): TallyError {
  return new TallyError(
    'manifest_differs',
    `${basename(name)} says that the file has ${expected}; it ${found}. Nothing of it was read.`,
    {
      hint: 'It was cut off or exchanged on its way, or the manifest is of another file: ask for both again.',
    },
  );
}

function invalid(name: string, expected: string): TallyError {
  return new TallyError('manifest_invalid', `${basename(name)}: ${expected}. Nothing of its file was read.`, {
    hint: 'docs/inbox.md shows how manifests are written.',
  });
}

function wholeNumber(name: string, word: string, node: Node | undefined, text: string): number | undefined {
  if (!node) return undefined;
  const written = literal(node, text);
  const number = Number(written);
  if (!/^\d+$/.test(written) || !Number.isSafeInteger(number))
    throw invalid(name, `expected a whole number as ${word}, got \`${shown(node, text)}\``);
  return number;
}

function checksum(name: string, node: Node | undefined): string | undefined {
  if (!node) return undefined;
  if (node.type === 'string' && /^[0-9a-f]{64}$/i.test(node.value as string))
    return (node.value as string).toLowerCase();
  throw invalid(name, 'expected 64 hex digits as sha256');
}

function totalsOf(name: string, node: Node | undefined, text: string): Manifest['totals'] {
  if (!node) return undefined;
  if (node.type !== 'object') throw invalid(name, 'expected columns with their sums as totals');
  const totals = (node.children ?? []).map(({ children }): [string, string] => {
    const [column, sum] = children as [Node, Node];
    const written = literal(sum, text);
    if (DECIMAL.test(written)) return [column.value as string, written];
    const got = shown(sum, text);
    throw invalid(name, `expected a decimal number as the total of ${column.value}, got \`${got}\``);
  });
  return Object.fromEntries(totals);
}

/** A number as it is written, be it in quotes or not. */
function literal(node: Node, text: string): string {
  const { type, value, offset, length } = node;
  return type === 'string' ? (value as string).trim() : text.slice(offset, offset + length);
}

function shown({ offset, length }: Node, text: string): string {
  return text.slice(offset, offset + Math.min(length, 60));
}
