import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";

/** What a piece of work needs while it runs. */
export interface Resources {
  /** May be a part of one: 0.5. */
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

/** Throws `resources_unavailable` when the work could never run there. */
export function refuseWhatNeverFits(target: string, wanted: Resources, largest: Resources | undefined): void {
  if (largest === undefined) return;
  const lacking = [
    wanted.cpus > largest.cpus ? `${wanted.cpus} CPUs of ${largest.cpus}` : "",
    wanted.memoryBytes > largest.memoryBytes
      ? `${gigabytes(wanted.memoryBytes)} GB of memory of ${gigabytes(largest.memoryBytes)}`
      : "",
    wanted.gpus > largest.gpus ? `${wanted.gpus} GPUs of ${largest.gpus}` : "",
  ].filter((text) => text !== "");
  if (lacking.length === 0) return;
  throw new Problem(problems.resources_unavailable, {
    message: `The compute target "${target}" can never run this: it needs ${lacking.join(" and ")} on the largest machine there.`,
    data: { target, wanted, largest },
  });
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toLocaleString("en", { maximumFractionDigits: 1 });
}
