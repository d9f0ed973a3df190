import { stat, statfs } from 'node:fs/promises';
import type { Config } from '../../config.js';
import { isUrl } from '../../inbox/s3-store.js';
import { ok, trouble, type Finding } from './finding.js';
import { nearest } from './workspace.js';

const GIB = 1024 ** 3;

/** Less than this is used up by one night of logs, reports and archived files. */
const LEAST_BYTES = GIB;

export interface Disk {
  /** What lies on it, for a person. */
  holds: string[];
  freeBytes: number;
  wantedBytes: number;
}

/**
 * The disks of the workspace. That of the embedded database needs room for a second edition of the largest table, and
 * for its write-ahead log; of a given server nobody but its administrator sees the disk.
 */
export async function findDisks(
  config: Config,
  embedded: { dataDirectory: string; largestVersion: number } | undefined,
): Promise<Disk[]> {
  const places = [
    { holds: 'output', folder: config.output, wanted: LEAST_BYTES },
    ...(isUrl(config.archive) ? [] : [{ holds: 'archive', folder: config.archive, wanted: LEAST_BYTES }]),
    ...(embedded
      ? [
          {
            holds: 'embedded database',
            folder: embedded.dataDirectory,
            wanted: LEAST_BYTES + 2 * embedded.largestVersion,
          },
        ]
      : []),
  ];
  const disks = new Map<number, Disk>();
  for (const { holds, folder, wanted } of places) {
    const place = nearest(folder);
    const { dev } = await stat(place);
    const { bavail, bsize } = await statfs(place);
    const disk = disks.get(dev) ?? { holds: [], freeBytes: bavail * bsize, wantedBytes: 0 };
    disk.holds.push(holds);
    disk.wantedBytes = Math.max(disk.wantedBytes, wanted);
    disks.set(dev, disk);
  }
  return [...disks.values()];
}

export function checkDisks(disks: Disk[]): Finding[] {
  return disks.map(({ holds, freeBytes, wantedBytes }) => {
    const expected = `${gibibytes(wantedBytes)} free or more`;
    const actual = `${gibibytes(freeBytes)} free (${holds.join(', ')})`;
    return freeBytes >= wantedBytes
      ? ok('disk', expected, actual)
      : trouble('disk', expected, actual, 'free space there; what may go of it: tally clean --dry-run');
  });
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
