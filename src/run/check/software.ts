import { NODE_WANTED, VERSION } from '../../version.js';
import { ok, trouble, type Finding } from './finding.js';

/** Node as package.json wants it; PostgreSQL's version stands with the database. */
export function checkSoftware(node = process.versions.node): Finding[] {
  const expected = `Node ${NODE_WANTED} or newer`;
  const actual = `Tallyhouse ${VERSION}, Node ${node}`;
  return isAtLeast(node, NODE_WANTED)
    ? [ok('software', expected, actual)]
    : [trouble('software', expected, actual, `install Node ${NODE_WANTED} or newer`)];
}

function isAtLeast(version: string, wanted: string): boolean {
  const [is, least] = [version, wanted].map((text) => text.split('.').map(Number));
  for (const [index, part] of least!.entries()) {
    if ((is![index] ?? 0) !== part) return (is![index] ?? 0) > part;
  }
  return true;
}
