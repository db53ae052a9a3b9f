import { Readable } from "node:stream";

import { Problem } from "../errors.ts";

/** One server-sent event. `data` travels as JSON; `id` comes back as Last-Event-ID after a lost connection. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: unknown;
  readonly id?: string | number;
}

const heartbeatMs = 15_000;
const reconnectAfterMs = 2_000;

/**
 * The wire form of a stream of events, with a comment every 15 seconds so that proxies and clients
 * see it alive. Ends, and ends the source, when `signal` is aborted.
 */
export function eventStream(
  source: AsyncIterable<StreamEvent>,
  signal: AbortSignal,
  onUnexpected: (error: unknown) => Problem,
): Readable {
  return Readable.from(frames(source, signal, onUnexpected), { objectMode: false });
}

async function* frames(
  source: AsyncIterable<StreamEvent>,
  signal: AbortSignal,
  onUnexpected: (error: unknown) => Problem,
): AsyncGenerator<string> {
  const iterator = source[Symbol.asyncIterator]();
  const gone = new Promise<"gone">((resolve) => {
    if (signal.aborted) resolve("gone");
    signal.addEventListener("abort", () => resolve("gone"), { once: true });
  });
  try {
    yield `retry: ${reconnectAfterMs}\n\n`;
    for (let next = iterator.next(); ;) {
      const beat = heartbeat();
      const first = await Promise.race([next, gone, beat.due]).finally(beat.cancel);
      if (first === "gone") return;
      if (first === "beat") {
        yield ": still here\n\n";
        continue;
      }
      if (first.done === true) return;
      yield frameOf(first.value);
      next = iterator.next();
    }
  } catch (error) {
    const problem = error instanceof Problem ? error : onUnexpected(error);
    yield frameOf({
      event: "problem",
      data: { code: problem.code, message: problem.message, next: problem.next },
    });
  } finally {
    // Not awaited: a source that waits for its next event answers only after that event.
    iterator.return?.().catch(() => {});
  }
}

function heartbeat(): { due: Promise<"beat">; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<"beat">((resolve) => {
    timer = setTimeout(() => resolve("beat"), heartbeatMs);
  });
  return { due, cancel: () => clearTimeout(timer) };
}

function frameOf(event: StreamEvent): string {
  const id = event.id === undefined ? "" : `id: ${oneLine(String(event.id))}\n`;
  const name = event.event === undefined ? "" : `event: ${oneLine(event.event)}\n`;
  return `${id}${name}data: ${JSON.stringify(event.data ?? null)}\n\n`;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, " ");
}

/** A queue between something that calls back and a stream that is iterated. */
export interface Channel<Item> extends AsyncIterable<Item> {
  push(item: Item): void;
  end(): void;
}

/**
 * Ends when `signal` is aborted. When a slow client lets more than `limit` items pile up the channel
 * ends, so that the client connects again from its last event id and no item is silently left out.
 */
export function createChannel<Item>(signal: AbortSignal, limit = 1_000): Channel<Item> {
  const waiting: Item[] = [];
  let ended = signal.aborted;
  let wake: () => void = () => {};
  const end = (): void => {
    ended = true;
    wake();
  };
  signal.addEventListener("abort", end, { once: true });
  return {
    push(item) {
      if (ended) return;
      if (waiting.length >= limit) return end();
      waiting.push(item);
      wake();
    },
    end,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const item = waiting.shift();
        if (item !== undefined) yield item;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
