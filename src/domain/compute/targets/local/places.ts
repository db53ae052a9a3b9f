import type { Resources } from "../resources.ts";

/** The room on this machine: work begins when what it needs is free, in the order it came. */
export interface Places {
  /** Resolves with the function that gives the room back. Rejects when the signal aborts first. */
  take(wanted: Resources, signal: AbortSignal): Promise<() => void>;
  /** What work that waits is told. */
  reason(wanted: Resources): string;
}

export function createPlaces(all: Resources): Places {
  const used = { cpus: 0, memoryBytes: 0, gpus: 0 };
  const line: { readonly wanted: Resources; enter(): void }[] = [];

  const fits = (wanted: Resources): boolean =>
    used.cpus + wanted.cpus <= all.cpus &&
    used.memoryBytes + wanted.memoryBytes <= all.memoryBytes &&
    used.gpus + wanted.gpus <= all.gpus;
  const add = (wanted: Resources, sign: 1 | -1): void => {
    used.cpus += sign * wanted.cpus;
    used.memoryBytes += sign * wanted.memoryBytes;
    used.gpus += sign * wanted.gpus;
  };
  /** Only from the front: a large piece of work would otherwise wait for ever behind small ones. */
  const admit = (): void => {
    for (let next = line[0]; next !== undefined && fits(next.wanted); next = line[0]) {
      line.shift();
      add(next.wanted, 1);
      next.enter();
    }
  };

  return {
    async take(wanted, signal) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const waiting = {
          wanted,
          enter() {
            signal.removeEventListener("abort", leave);
            resolve();
          },
        };
        const leave = (): void => {
          line.splice(line.indexOf(waiting), 1);
          reject(signal.reason);
          admit();
        };
        signal.addEventListener("abort", leave, { once: true });
        line.push(waiting);
        admit();
      });
      let isGiven = false;
      return () => {
        if (isGiven) return;
        isGiven = true;
        add(wanted, -1);
        admit();
      };
    },
    reason: (wanted) =>
      `It waits for ${wanted.cpus} of this machine's ${all.cpus} CPUs: ${Number(used.cpus.toFixed(2))} are in use, ${Math.max(0, line.length - 1)} wait too.`,
  };
}
