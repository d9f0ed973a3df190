import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';

/** What is wrong in a file that people write: where, and what was expected. */
export interface Fault {
  file: string;
  line: number;
  message: string;
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
  const result = schema.safeParse(document.toJS() ?? {});
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
              message: `${pathText(issue.path)}${expectation(issue)}${got(document, issue.path)}`,
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
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function expectation(issue: z.core.$ZodIssue): string {
  const text = issue.message.replace(/^Invalid input: /, '').replace(/, received undefined$/, ', but it is missing');
  return issue.path.length > 0 ? `: ${text}` : text;
}

function got(document: Document, path: readonly PropertyKey[]): string {
  const value = document.getIn(path);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `, got \`${value}\``
    : '';
}
