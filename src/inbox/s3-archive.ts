import { rm, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Config } from '../config.js';
import { containerOfName } from '../content/container.js';
import { TallyError } from '../errors.js';
import type { Archive, Kept, PutAway } from './archive.js';
import { claimName, type Claims } from './claims.js';
import { copyOf, type Copies, type Taken } from './copies.js';
import { placesOf, plainPlace } from './kept.js';
import { pack, unpacked, WORTH_PACKING_BYTES } from './pack.js';
import { isMissing } from './s3-failure.js';
import { MOST_COPIED_BYTES, placeOf, storeOf, type ObjectStore, type Place } from './s3-store.js';

/** An archive in a bucket. What it packs is packed on its way there: later it would have to come back for that. */
export class S3Archive implements Archive {
  private readonly store: ObjectStore;

  constructor(
    private readonly config: Pick<Config, 'archive' | 'archiveCompress' | 's3'>,
    private readonly copies: Copies,
  ) {
    this.store = storeOf(config.s3);
  }

  async put(file: PutAway, _: 'move' | 'copy', record: (kept: Kept) => Promise<unknown>): Promise<void> {
    try {
      const folder = `${file.feed}/${file.businessDate}`;
      const claims = this.claimsIn(folder);
      const name = await claimName(claims, file.name, file.sha256);
      for (const { ending, bytes } of file.companions)
        await this.store.put(this.at(`${folder}/${name}${ending}`), bytes);
      if (this.isWorthPacking(file)) {
        await this.putPacked(file, `${folder}/`, `${name}.gz`, claims, record);
      } else {
        await this.putPlain(file, this.at(`${folder}/${name}`));
        await record({ place: `${folder}/${name}`, packed: false });
      }
    } catch (error) {
      if (!(error instanceof TallyError) || !error.code.startsWith('s3_')) throw error;
      const message = `${file.name} was loaded but could not be archived: ${error.message}`;
      throw new TallyError(error.code, message, {
        hint: 'The next run knows its content and archives it then.',
        cause: error,
      });
    }
  }

  async take({ place, packed }: Kept, signal?: AbortSignal): Promise<Taken> {
    const bytes = await this.store.get(this.at(place), undefined, signal);
    return packed ? unpacked(bytes, place, this.copies, signal) : copyOf(bytes, this.copies, signal);
  }

  async readCompanion(kept: Kept, ending: string): Promise<Buffer | undefined> {
    return this.read(plainPlace(kept) + ending);
  }

  async remove(kept: Kept): Promise<void> {
    const { file, claims } = placesOf(kept);
    await Promise.all(file.map((place) => this.store.remove(this.at(place), undefined)));
    await Promise.all(claims.map((place) => this.store.remove(this.at(place), undefined)));
  }

  private async putPlain({ path, size, object }: PutAway, to: Place): Promise<void> {
    if (object && size <= MOST_COPIED_BYTES) await this.store.copy(placeOf(object.url), object.version, to);
    else await this.store.putFile(to, path, size);
  }

  private async putPacked(
    { path, sha256 }: PutAway,
    folder: string,
    wanted: string,
    claims: Claims,
    record: (kept: Kept) => Promise<unknown>,
  ): Promise<void> {
    const copy = await this.copies.newPath();
    try {
      const sum = await pack(path, copy, sha256);
      const place = folder + (await claimName(claims, wanted, sum));
      await this.store.putFile(this.at(place), copy, (await stat(copy)).size);
      await record({ place, packed: true });
    } finally {
      await rm(copy, { force: true });
    }
  }

  private isWorthPacking({ name, size }: PutAway): boolean {
    return this.config.archiveCompress && size >= WORTH_PACKING_BYTES && !containerOfName(name);
  }

  private at(place: string): Place {
    return placeOf(`${this.config.archive}/${place}`);
  }

  private async read(place: string): Promise<Buffer | undefined> {
    try {
      return await buffer(await this.store.get(this.at(place), undefined));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  private claimsIn(folder: string): Claims {
    return {
      // To know it, it would have to be fetched; and nothing comes here without having claimed its name.
      checksumOf: () => Promise.resolve(undefined),
      writeOnce: async (name, text) => {
        if (await this.store.putNew(this.at(`${folder}/${name}`), Buffer.from(text))) return text;
        return (await this.read(`${folder}/${name}`))?.toString('utf8') ?? '';
      },
      write: (name, text) => this.store.put(this.at(`${folder}/${name}`), Buffer.from(text)),
    };
  }
}
