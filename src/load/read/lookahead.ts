import { bestEnd, bestRepair, isRight, NOT_RIGHT, repairedEnds, rightRows } from './repair.js';
import { FAULT, type Fault } from './row.js';

/** What the scanner is asked: how a row would be read at some place. */
export interface Finder {
  /** What is at hand of the file, and whether nothing comes after. */
  length: number;
  last: boolean;
  readonly expected: number;
  /** A quote that is to be taken for text, and a place where a delimiter is to be taken for missing; -1 for none. */
  textAt: number;
  splitAt: number;
  /** Finds the row at a place, and sets what follows; false when it is not whole yet. */
  find(at: number): boolean;
  readonly next: number;
  readonly count: number;
  readonly fault: Fault;
  readonly lines: number;
  readonly lastLine: number;
  /** Where a fault was met. */
  readonly faultAt: number;
  /** Where the next quote stands, from a place on; `length` for none. */
  nextQuote(at: number): number;
  /** Whether a quote would open a field, as far as that can be seen from what stands before it. */
  opensField(at: number, lineStart: number): boolean;
  /** Where an empty line or a comment ends (the place itself if it is neither), and a line; -1 when more bytes are needed. */
  afterEmptyLine(at: number): number;
  afterLine(at: number): number;
}

/** So far beyond a row its readings are compared; a comparison decides for half of that. */
const AHEAD_BYTES = 32 * 1024;
/** So many quotes of a line are tried for the one that may be wrong. */
const MOST_TRIES = 16;

/** How a file can be read up to a place: the best way that leads there. */
interface Way {
  from: number;
  /**
   * How many characters must be wrong for the invalid rows on it: one for a row that is right but for one, else
   * two. Lines that stand together and are far from right may be one row, so they count once.
   */
  wrong: number;
  valid: number;
  /** Whether the last step gave up a line with which a row of several lines begins, and whether it was far from right. */
  broken: boolean;
  hopeless: boolean;
  /** How often the first line of a right row was given up. */
  overruled: number;
}

/**
 * A row of several lines is one if its line breaks are quoted. After a stray quote it only looks so: it has
 * swallowed rows, up to a quote of one of them, and reading goes on in the middle of that row. So where a doubt
 * is possible, it is first asked which single characters could make everything right. If they all stand in one
 * row, then that row is broken, and no other; if in several, nobody can tell, and the one that leaves the most
 * rows right is taken, of equal ones the last. What the lines of that row look like by themselves leads nobody
 * beyond its end.
 *
 * Else several characters are wrong, and all ways to read what follows are compared: each row of several lines
 * may be one, or its first line is broken. The way with the fewest wrong characters is taken; of equal ones that
 * with the most valid rows, then the one that RFC 4180 takes.
 *
 * A doubt is rare. If the row is right, and its last line, read by itself, costs only itself, then all readings meet again
 * behind it, and giving up the first line has cost more: no other line has to be looked at. A comparison stays
 * in proportion to what it decides, because a quoted line break leads no further than to the next line with an
 * odd number of quotes.
 */
export class Lookahead {
  /** Places of the file, not of the block: where the block begins, */
  private block = 0;
  /** how far readings were compared, and the lines that are broken there. */
  private comparedTo = 0;
  private readonly broken = new Set<number>();
  /** Where the broken row ends that was found last: no row that begins before leads beyond. */
  private fence = 0;

  constructor(private readonly finder: Finder) {}

  /** The next block begins at this place of the one at hand. */
  moveTo(place: number): void {
    this.block += place;
  }

  /**
   * Whether the first line of the row of several lines that was found at `at` is broken; undefined when more
   * bytes are needed. What the finder has found is the same afterwards.
   */
  isBroken(at: number): boolean | undefined {
    const { finder } = this;
    if (this.block + at < this.fence) return this.block + finder.next > this.fence;
    const right = isRight(finder);
    if (right && this.isSure()) return false;
    if (this.block + at >= this.comparedTo) {
      const { next, lastLine } = finder;
      if (!finder.find(lastLine)) return undefined;
      if ((!right || finder.next !== next) && !this.compare(at, next)) return undefined;
    }
    if (!finder.find(at)) return undefined;
    if (this.block + at < this.fence) return this.block + finder.next > this.fence;
    return this.broken.has(this.block + at);
  }

  /**
   * Looks whether the row at `at`, whose quotes do not work out, goes on beyond its first line: whether one
   * character makes it a row of several lines, and all that follows is right then. False when more bytes are
   * needed. What the finder has found is the same afterwards.
   */
  seesBroken(at: number): boolean {
    const { finder } = this;
    const place = this.block + at;
    if (place < this.fence || place < this.comparedTo) return true;
    const line = finder.next;
    if (finder.nextQuote(at) >= line) return true;
    const horizon = line + AHEAD_BYTES;
    if (horizon > finder.length && !finder.last) return false;
    const repairs = repairedEnds(finder, at, horizon);
    if (repairs.some((to) => to > line)) {
      const repair = bestEnd(finder, at, repairs, horizon, new Map());
      if (repair === undefined) return false;
      if (repair !== NOT_RIGHT) this.fence = this.block + repair.to;
    }
    return finder.find(at);
  }

  /** Whether the last line of a row of several lines, by itself, has a quote that stands wrong. */
  private isSure(): boolean {
    const { finder } = this;
    return !finder.opensField(finder.nextQuote(finder.lastLine), finder.lastLine);
  }

  /** Decides for the lines from a row on; false when more bytes are needed. */
  private compare(at: number, next: number): boolean {
    const horizon = next + AHEAD_BYTES;
    if (horizon > this.finder.length && !this.finder.last) return false;
    const right = rightRows(this.finder, at, horizon);
    const repair = right === NOT_RIGHT ? bestRepair(this.finder, at, horizon) : NOT_RIGHT;
    if (right === undefined || repair === undefined) return false;
    const ways =
      right === NOT_RIGHT && repair === NOT_RIGHT ? this.waysTo(horizon, at) : new Map<number, Way>();
    if (!ways) return false;
    this.comparedTo = this.block + next + AHEAD_BYTES / 2;
    this.broken.clear();
    this.keep(ways, horizon);
    if (repair !== NOT_RIGHT) this.fence = this.block + repair.to;
    return true;
  }

  /** The best ways to all places that a row can begin at; undefined when more bytes are needed. */
  private waysTo(horizon: number, at: number): Map<number, Way> | undefined {
    const { finder } = this;
    const ways = new Map<number, Way>([
      [at, { from: -1, wrong: 0, valid: 0, broken: false, hopeless: false, overruled: 0 }],
    ]);
    for (let line = at; line < horizon && line < finder.length;) {
      const after = finder.afterLine(line);
      const way = ways.get(line);
      if (after < 0 || (way && !this.goOn(ways, way, line, after))) return undefined;
      line = after;
    }
    return ways;
  }

  /** Adds the steps that lead on from a line; false when more bytes are needed. */
  private goOn(ways: Map<number, Way>, way: Way, line: number, afterLine: number): boolean {
    const { finder } = this;
    const { wrong, valid, overruled } = way;
    const empty = finder.afterEmptyLine(line);
    if (empty < 0) return false;
    if (empty > line) {
      lead(ways, empty, { from: line, wrong, valid, broken: false, hopeless: false, overruled });
      return true;
    }
    if (!finder.find(line)) return false;
    const { next, lines, count, expected } = finder;
    const right = isRight(finder);
    const sure = lines === 1 ? right : this.isSure();
    if (right) {
      lead(ways, next, { from: line, wrong, valid: valid + 1, broken: false, hopeless: false, overruled });
    } else if (lines > 1) {
      const nearly = Math.abs(count - expected) === 1;
      lead(ways, next, {
        from: line,
        wrong: wrong + (nearly ? 1 : 2),
        valid,
        broken: false,
        hopeless: false,
        overruled,
      });
    }
    if (sure) return true;
    const nearly = this.isNearlyRight(line, afterLine);
    lead(ways, afterLine, {
      from: line,
      wrong: wrong + (nearly ? 1 : way.hopeless ? 0 : 2),
      valid,
      broken: lines > 1,
      hopeless: !nearly,
      overruled: overruled + (right ? 1 : 0),
    });
    return true;
  }

  /** Whether a line by itself is a right row but for one quote or delimiter. */
  private isNearlyRight(line: number, afterLine: number): boolean {
    const { finder } = this;
    const { length, last, expected } = finder;
    finder.length = afterLine;
    finder.last = true;
    finder.find(line);
    let nearly = finder.fault === FAULT.none && Math.abs(finder.count - expected) === 1;
    let quote = finder.nextQuote(line);
    for (let tries = 0; !nearly && quote < afterLine && tries < MOST_TRIES; tries++) {
      finder.textAt = quote;
      finder.find(line);
      nearly = isRight(finder);
      quote = finder.nextQuote(quote + 1);
    }
    finder.textAt = -1;
    finder.length = length;
    finder.last = last;
    return nearly;
  }

  /** Remembers which lines are broken on the best of the ways that lead out of sight. */
  private keep(ways: Map<number, Way>, horizon: number): void {
    const { finder } = this;
    let best = -1;
    for (const [place, way] of ways) {
      if (place < horizon && place < finder.length) continue;
      if (best < 0 || isBetter(way, ways.get(best)!)) best = place;
    }
    for (let way = ways.get(best); way; way = ways.get(way.from)) {
      const place = this.block + way.from;
      if (way.broken && place < this.comparedTo) this.broken.add(place);
    }
  }
}

function lead(ways: Map<number, Way>, to: number, way: Way): void {
  const known = ways.get(to);
  if (!known || isBetter(way, known)) ways.set(to, way);
}

function isBetter(way: Way, other: Way): boolean {
  if (way.wrong !== other.wrong) return way.wrong < other.wrong;
  if (way.valid !== other.valid) return way.valid > other.valid;
  return way.overruled < other.overruled;
}
