import { once } from "node:events";
import { styleText } from "node:util";

export type Paint = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Where a command writes: data to stdout, everything said about it to stderr. */
export interface Terminal {
  readonly wantsJson: boolean;
  /** Whether a person watches both streams: only then may anything move or be asked. */
  readonly isInteractive: boolean;
  /** One line of data. */
  print(line: string): void;
  /** One JSON document of data. */
  printJson(value: unknown): void;
  /** One line to the reader; a program that asked for JSON is told nothing but data and errors. */
  say(line: string): void;
  /** Resolves once the reader has taken what was said: awaited by whoever says much, so that it does not pile up. */
  heard(): Promise<void>;
  /** One line of an error. */
  complain(line: string): void;
  /** Colours data, when stdout shows colours. */
  paint(paint: Paint, text: string): string;
  /** Colours what is said, when stderr shows colours. */
  paintSaid(paint: Paint, text: string): string;
}

/** `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb` and a redirected stream are respected by Node's `styleText`. */
export function createTerminal(wishes: { wantsJson: boolean; wantsColor: boolean }): Terminal {
  const painter =
    (stream: NodeJS.WriteStream) =>
    (paint: Paint, text: string): string =>
      wishes.wantsColor ? styleText(paint, text, { stream }) : text;
  return {
    wantsJson: wishes.wantsJson,
    isInteractive: process.stdout.isTTY && process.stderr.isTTY && process.stdin.isTTY,
    print: (line) => void process.stdout.write(`${line}\n`),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    say: (line) => (wishes.wantsJson ? undefined : void process.stderr.write(`${line}\n`)),
    heard: async () => {
      if (process.stderr.writableNeedDrain) await once(process.stderr, "drain");
    },
    complain: (line) => void process.stderr.write(`${line}\n`),
    paint: painter(process.stdout),
    paintSaid: painter(process.stderr),
  };
}
