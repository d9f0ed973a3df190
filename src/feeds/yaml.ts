import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type * as z from 'zod';

/** What is wrong in a file that people write: where, and what was expected. */
export interface Fault {
  file: string;
  line: number;
  message: string;
}

/** The text of such a file, or that it cannot be read. */
export function readText(file: string, path: string): { text: string } | { faults: Fault[] } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { faults: [{ file, line: 1, message: `cannot be read: ${(error as Error).message}` }] };
  }
}

/** A YAML file held against its schema: either its value, or every fault with its line. */
export function readYaml<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): { value: z.output<S> } | { faults: Fault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map((error) => ({
        file,
        line: lines.linePos(error.pos[0]).line,
        message: `not YAML: ${error.message}`,
      })),
    };
  }
  let content: unknown;
  try {
    content = document.toJS() ?? {};
  } catch (error) {
    // An alias of nothing, or aliases of aliases without end.
    return { faults: [{ file, line: 1, message: `not YAML: ${(error as Error).message}` }] };
  }
  const result = schema.safeParse(content);
  if (result.success) return { value: result.data };
  return {
    faults: result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            file,
            line: lineOf(document, lines, [...issue.path, key]),
            message: `${pathText([...issue.path, key])}: is not known here`,
          }))
        : [
            {
              file,
              line: lineOf(document, lines, issue.path),
              message: `${pathText(issue.path)}${expectation(issue)}${got(document, issue)}`,
            },
          ],
    ),
  };
}

export function faultText(fault: Fault): string {
  return `  ${fault.file}:${fault.line}: ${fault.message}`;
}

/** The line of what a path leads to, or of the nearest thing above it that is written. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const holder = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const name = path[depth - 1];
    // Of a name its own line counts, not that of the value, which may begin below it.
    const node = isMap(holder)
      ? holder.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))?.key
      : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function expectation(issue: z.core.$ZodIssue): string {
  // A message of the schema says what was expected; one of zod's own is put in the words of people who write YAML.
  const text = /^(Invalid|Too)\b/.test(issue.message) ? inWords(issue) : issue.message;
  return issue.path.length > 0 ? `: ${text}` : text;
}

const KINDS: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  object: 'names and values',
  record: 'names and values',
  string: 'a text',
};

function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(' or ')}`;
    case 'invalid_key':
      return issue.issues[0]!.message;
    case 'too_small':
      if (issue.origin === 'array') return 'expected a list that is not empty';
      return issue.origin === 'string'
        ? 'expected a text that is not empty'
        : `expected ${issue.minimum} or more`;
    case 'too_big':
      return `expected ${issue.maximum} at most`;
    default:
      return issue.message;
  }
}

/** What stands there instead, unless the message has said it. */
function got(document: Document, issue: z.core.$ZodIssue): string {
  if (!expectation(issue).includes('expected') || issue.message.includes(', got ')) return '';
  if (issue.code === 'invalid_key') return '';
  const node = issue.path.length === 0 ? document.contents : document.getIn(issue.path, true);
  if (isScalar(node) && node.value !== null) return `, got \`${String(node.value)}\``;
  if (isScalar(node) && node.source) return `, got \`${node.source}\` without quotes`;
  if (isMap(node)) return issue.code === 'invalid_type' ? ', got names and values' : '';
  if (isSeq(node)) return issue.code === 'invalid_type' ? ', got a list' : '';
  return ', got nothing';
}
