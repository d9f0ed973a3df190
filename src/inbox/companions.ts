/** What an agency may put beside a file: a word that it is complete, its checksum, what is in it. */
export type CompanionKind = 'done' | 'checksum' | 'manifest';

const ENDINGS: { kind: CompanionKind; ending: string }[] = [
  { kind: 'done', ending: '.done' },
  { kind: 'checksum', ending: '.sha256' },
  { kind: 'manifest', ending: '.manifest.json' },
];

/** Something that lies in an inbox, as its name and its times tell. */
export interface Entry {
  /** As people know it: a path, or a URL. */
  path: string;
  /** Below the inbox, with / between folders on every system. */
  name: string;
  /** When it came to lie there, as far as is known. */
  arrivedAt: Date;
  /** When it was last written to. */
  writtenAt: Date;
  /** A folder is a place to look, unless someone gave it the name of a delivery. */
  isFolder: boolean;
  /** Whether it may be seen before it is complete: an object of S3 may not. */
  mayGrow: boolean;
  /** Another one if it is exchanged for another, where that can be told without reading it. */
  version: string | undefined;
}

export interface Companion extends Entry {
  kind: CompanionKind;
  ending: string;
}

/** A file, and what lies beside it for its sake. */
export interface Found extends Entry {
  companions: Companion[];
}

export function companionOf(name: string): { kind: CompanionKind; ending: string; of: string } | undefined {
  const is = ENDINGS.find(({ ending }) => name.toLowerCase().endsWith(ending));
  return is && { kind: is.kind, ending: is.ending, of: name.slice(0, -is.ending.length) };
}

/** The names that companions of a file may have. */
export function companionNames(name: string): string[] {
  return ENDINGS.map(({ ending }) => name + ending);
}

/** Files with what lies beside them, and companions whose file is not there. */
export function pairUp(entries: Entry[]): { found: Found[]; alone: Companion[] } {
  const found = new Map<string, Found>();
  const companions: (Companion & { of: string })[] = [];
  for (const entry of entries) {
    const is = entry.isFolder ? undefined : companionOf(entry.name);
    if (is) companions.push({ ...entry, ...is });
    else found.set(entry.name, { ...entry, companions: [] });
  }
  const alone: Companion[] = [];
  for (const { of, ...companion } of companions) {
    const file = found.get(of);
    if (file && !file.isFolder) file.companions.push(companion);
    else alone.push(companion);
  }
  return { found: [...found.values()], alone };
}
