import { extname } from 'node:path';
import { unpackedName } from '../content/container.js';

/** Where names are given to what is archived: a folder, or objects with the same beginning of their names. */
export interface Claims {
  /** The checksum of what lies under a name already, where it is easily told. */
  checksumOf(name: string): Promise<string | undefined>;
  /** Writes a text under a name that nothing has, as a whole or not at all; gives what stands there afterwards. */
  writeOnce(name: string, text: string): Promise<string>;
  write(name: string, text: string): Promise<void>;
}

/**
 * A name for a file, claimed by writing its checksum there, in the form that `sha256sum -c` reads: whoever finds the
 * file finds what to hold it against, and of two that are put away at once, by two jobs or two runs, only one gets
 * the name. Another content under the same name gets a piece of its checksum into its own. A name whose file never
 * came is claimed all the same.
 */
export async function claimName(claims: Claims, name: string, sha256: string): Promise<string> {
  const known = await claims.checksumOf(name);
  const line = checksumLine(name, sha256);
  if ((!known || known === sha256) && (await claims.writeOnce(`${name}.sha256`, line)) === line) return name;
  // Of a packed file both endings stay: they say how it is read.
  const extension = extname(unpackedName(name)) + name.slice(unpackedName(name).length);
  const other = `${name.slice(0, name.length - extension.length)}~${sha256.slice(0, 8)}${extension}`;
  await claims.write(`${other}.sha256`, checksumLine(other, sha256));
  return other;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/** A name with a line break or a backslash in it is escaped, and the line says so with a backslash before it. */
function checksumLine(name: string, sha256: string): string {
  const escaped = name.replace(/[\\\n\r]/g, (character) => ESCAPES[character]!);
  return `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`;
}
