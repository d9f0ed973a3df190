import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Place } from './place.js';
import type { Postmaster } from './postmaster.js';

/*
 * The marker that lets a server stay up without users. It names one run of the server by process and start time,
 * so that after a reboot or crash it means nothing any more.
 */

export async function keep(place: Place, postmaster: Postmaster): Promise<void> {
  const unfinished = `${place.keep}.${process.pid}`;
  await writeFile(unfinished, marker(postmaster));
  await rename(unfinished, place.keep);
}

export async function isKept(place: Place, postmaster: Postmaster): Promise<boolean> {
  return (await readFile(place.keep, 'utf8').catch(() => '')) === marker(postmaster);
}

export async function unkeep(place: Place): Promise<void> {
  await rm(place.keep, { force: true });
}

function marker(postmaster: Postmaster): string {
  return `${postmaster.pid}\n${postmaster.started}\n`;
}
