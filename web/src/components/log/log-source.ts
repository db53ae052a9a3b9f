/** A log that lies elsewhere: what is known of it, and the lines that have been brought here. */
export interface LogSource {
  /** Undefined until the first answer. */
  total: number | undefined;
  sizeBytes: number;
  firstError: number | null;
  /** How much of it was read: `firstError` is of that part. */
  readBytes: number;
  /** Only its last lines are here, whose numbers are not known yet: they count from 1 within themselves. */
  isTail: boolean;
  /** A line by its number from 1; undefined until it has been brought. */
  line: (number: number) => LogLine | undefined;
  /** Says which lines are looked at, so that they are brought. */
  want: (from: number, to: number) => void;
}

export interface LogLine {
  text: string;
  isError: boolean;
}

/** Where a text was found. */
export interface LogHits {
  /** Numbers of lines. */
  lines: readonly number[];
  isComplete: boolean;
  searchedBytes: number;
}

const blockLines = 500;
const mostBlocks = 80;

/**
 * Keeps lines in blocks of five hundred, the ones looked at last: of a log of millions of lines a few
 * tens of thousands are here at once.
 */
export class LogBlocks {
  private readonly blocks = new Map<number, (LogLine | undefined)[]>();

  line(number: number): LogLine | undefined {
    return this.blocks.get(blockOf(number))?.[(number - 1) % blockLines];
  }

  put({ from, lines, errors }: { from: number; lines: readonly string[]; errors: readonly number[] }): void {
    const wrong = new Set(errors);
    lines.forEach((text, place) => {
      const number = from + place;
      const key = blockOf(number);
      let block = this.blocks.get(key);
      if (block === undefined) this.blocks.set(key, (block = []));
      block[(number - 1) % blockLines] = { text, isError: wrong.has(number) };
    });
    this.forget();
  }

  /** The windows to ask for, so that the lines from one to another are here: one for each block with a gap. */
  missing(from: number, to: number): { from: number; count: number }[] {
    const windows: { from: number; count: number }[] = [];
    for (let key = blockOf(Math.max(1, from)); key <= blockOf(Math.max(1, to)); key++) {
      const start = key * blockLines + 1;
      let first = Math.max(start, from);
      const last = Math.min(start + blockLines - 1, to);
      while (first <= last && this.line(first) !== undefined) first += 1;
      if (first > last) this.use(key);
      else {
        const asked = this.blocks.get(key)?.[0] === undefined ? start : first;
        windows.push({ from: asked, count: start + blockLines - asked });
      }
    }
    return windows;
  }

  private use(key: number): void {
    const block = this.blocks.get(key);
    if (block === undefined) return;
    this.blocks.delete(key);
    this.blocks.set(key, block);
  }

  private forget(): void {
    for (const key of this.blocks.keys()) {
      if (this.blocks.size <= mostBlocks) return;
      this.blocks.delete(key);
    }
  }
}

function blockOf(number: number): number {
  return Math.floor((number - 1) / blockLines);
}
