import { TallyError } from '../errors.js';
import type { Feed } from '../feeds/feed.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import { commentOf, invalidSql, selectOf, type SqlFile } from '../warehouse/views.js';
import type { LoadResult } from './delivery.js';
import type { Hold } from './guard.js';

interface Audit extends SqlFile {
  feed: string;
  severity: 'hold' | 'warn';
  says: string;
}

/** The first line of an audit: `-- audit of orders, warn: orders that lie in the future`. */
const FIRST_LINE = /^audit of ([a-z][a-z0-9_]*), (hold|warn): (.+)/;

export function readAudits(files: SqlFile[]): Audit[] {
  return files.map((file) => {
    const match = FIRST_LINE.exec(commentOf(file.text));
    if (!match) {
      throw new TallyError(
        'sql_invalid',
        `${file.path}:1: expected \`-- audit of FEED, hold: what it finds\` or \`-- audit of FEED, warn: …\` as the first line.`,
      );
    }
    return { ...file, feed: match[1]!, severity: match[2] as Audit['severity'], says: match[3]! };
  });
}

/** Selects that must return no rows, asked of the version before readers see it. Called within withNextVersion. */
export async function runAudits(
  client: Client,
  files: SqlFile[],
  feed: Feed,
): Promise<{ hold: Hold | undefined; warnings: LoadResult['warnings'] }> {
  const warnings: LoadResult['warnings'] = [];
  let hold: Hold | undefined;
  for (const audit of readAudits(files).filter((each) => each.feed === feed.name)) {
    const found = await ask(client, audit);
    if (found.count === 0) continue;
    if (audit.severity === 'warn') {
      warnings.push({ column: null, rule: `audit ${audit.name}`, count: found.count, first_line: null });
    } else {
      hold ??= {
        code: 'audit',
        message: `the audit ${audit.name} (${audit.says}) found ${found.count} ${found.count === 1 ? 'row' : 'rows'}, such as ${found.sample}. The rows before stay.`,
      };
    }
  }
  return { hold, warnings };
}

async function ask(client: Client, audit: Audit): Promise<{ count: number; sample: string }> {
  const sql = statement('load/count_audit', { select: selectOf(audit) });
  try {
    const { rows } = await client.query<{ count: string }>(sql);
    const count = Number(rows[0]!.count);
    if (count === 0) return { count, sample: '' };
    const { rows: samples } = await client.query<{ row: string }>(
      statement('load/sample_audit', { select: selectOf(audit) }),
    );
    return { count, sample: samples[0]!.row };
  } catch (error) {
    throw invalidSql(audit, error, sql);
  }
}
