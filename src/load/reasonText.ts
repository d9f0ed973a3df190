import { summaryOf, type Reason } from './check/reasons.js';

/** Neither JSON nor COPY has to escape a character of these. */
const SAFE = /^[ !#-[\]-~]*$/;

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** What is the same in the text of every reason of a column and rule. */
export interface ReasonFrame {
  json: string;
  behindValue: string;
  summary: string;
}

export function frameOf({ column, rule }: Pick<Reason, 'column' | 'rule'>): ReasonFrame {
  return {
    json: escape(`{"column":${JSON.stringify(column)},"value":`),
    behindValue: escape(`,"rule":${JSON.stringify(rule)},"message":"`),
    summary: column ? escape(`${column}: `) : '',
  };
}

/**
 * Reasons as COPY reads them: a JSON array and one line. Where a tenth of the rows is invalid this is what the
 * process does most, so texts with nothing to escape, as nearly all are, are put together from their frames.
 */
export function textOfReasons(reasons: readonly Reason[], frames: readonly ReasonFrame[]): string {
  let json = '';
  let summary = '';
  for (let i = 0; i < reasons.length; i++) {
    const { value, message, first_line: line } = reasons[i]!;
    if (!SAFE.test(message) || (value !== null && !SAFE.test(value))) return escapedText(reasons);
    const frame = frames[i]!;
    const shown = value === null ? 'null' : `"${value}"`;
    const firstLine = line === undefined ? '' : `,"first_line":${line}`;
    json += `${i === 0 ? '[' : ','}${frame.json}${shown}${frame.behindValue}${message}"${firstLine}}`;
    summary += `${i === 0 ? '' : '; '}${frame.summary}${message}`;
  }
  return `${json}]\t${summary}`;
}

function escapedText(reasons: readonly Reason[]): string {
  return `${escape(JSON.stringify(reasons))}\t${escape(summaryOf(reasons))}`;
}

/** As COPY wants it. */
export function escape(text: string): string {
  if (!/[\\\t\n\r]/.test(text)) return text;
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}
