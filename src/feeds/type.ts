/** The types that a column can have, as a feed writes them and as PostgreSQL stores them. */
export type ColumnType =
  | { kind: 'integer' | 'bigint' | 'boolean' | 'text' | 'date' | 'timestamp' | 'uuid' | 'email' | 'json' }
  | { kind: 'varchar'; length: number }
  | { kind: 'numeric'; precision: number | undefined; scale: number | undefined };

export const TYPE_EXPECTED =
  'expected integer, bigint, numeric, numeric(p,s), boolean, text, varchar(n), date, timestamp, uuid, email or json';

export function parseType(text: string): ColumnType | undefined {
  const match = /^([a-z]+)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, kind, first, second] = match;
  switch (kind) {
    case 'integer':
    case 'bigint':
    case 'boolean':
    case 'text':
    case 'date':
    case 'timestamp':
    case 'uuid':
    case 'email':
    case 'json':
      return first === undefined ? { kind } : undefined;
    case 'varchar': {
      const length = Number(first);
      if (first === undefined || second !== undefined) return undefined;
      return length >= 1 && length <= 10_485_760 ? { kind, length } : undefined;
    }
    case 'numeric': {
      if (first === undefined) return { kind, precision: undefined, scale: undefined };
      const precision = Number(first);
      const scale = Number(second ?? 0);
      return precision >= 1 && precision <= 1000 && scale <= precision
        ? { kind, precision, scale }
        : undefined;
    }
    default:
      return undefined;
  }
}

export function writeType(type: ColumnType): string {
  if (type.kind === 'varchar') return `varchar(${type.length})`;
  if (type.kind === 'numeric' && type.precision !== undefined)
    return `numeric(${type.precision},${type.scale})`;
  return type.kind;
}

/** A timestamp is a moment, so it is stored with its zone; an email is text that passed its check. */
export function postgresType(type: ColumnType): string {
  switch (type.kind) {
    case 'varchar':
      return `character varying(${type.length})`;
    case 'numeric':
      return writeType(type);
    case 'timestamp':
      return 'timestamp with time zone';
    case 'email':
      return 'text';
    case 'json':
      return 'jsonb';
    default:
      return type.kind;
  }
}

export function isNumber(type: ColumnType): boolean {
  return type.kind === 'integer' || type.kind === 'bigint' || type.kind === 'numeric';
}
