import type { Resources } from "../definition/settings.ts";
import type { Gpus } from "./gpus.ts";

/** A step that could run as soon as there is room for it. */
export interface PoolRequest {
  /** The id of the step. */
  readonly step: string;
  /** Such as `train@a`, for those that wait behind it. */
  readonly stage: string;
  readonly project: string;
  readonly execution: string;
  readonly resources: Resources;
  readonly priority: number;
}

/** Who holds what, and who waits for what, just now. */
export interface PoolState {
  readonly capacity: Resources;
  readonly free: Resources;
  readonly running: readonly (PoolRequest & { readonly devices: readonly string[] })[];
  /** In the order in which they will be let in. */
  readonly waiting: readonly (PoolRequest & { readonly reason: string })[];
}

/** What a step holds until it gives it back. */
export interface Holding {
  /** Its GPUs, as their driver is told of them: nobody else's at the same time. */
  readonly devices: readonly string[];
  giveBack(): void;
}

/** The cores, memory and GPUs of this machine, shared by the steps of all executions. */
export interface Pool {
  /** Waits for room. Rejects when the signal aborts first. */
  take(request: PoolRequest, signal: AbortSignal): Promise<Holding>;
  /**
   * Keeps a GPU from everybody, in the name of somebody who holds it from before; nothing when there is no such
   * GPU. The answer gives it back.
   */
  withhold(by: Omit<PoolRequest, "step" | "resources" | "priority">, device: string): () => void;
  /** Names what the request asks for beyond all there is; undefined where it fits. */
  exceeds(resources: Resources): string | undefined;
  /** Why the step is not let in; undefined when it does not wait here. */
  waitsFor(step: string): string | undefined;
  state(): PoolState;
}

const kinds = ["cpu", "memoryBytes", "gpu"] as const;
type Kind = (typeof kinds)[number];

interface Waiting {
  readonly request: PoolRequest;
  readonly arrival: number;
  readonly enter: () => void;
}

/**
 * Lets in by priority, then by arrival. What the first in line lacks is kept for it: a later one may
 * pass only with resources that nobody before it is short of. So no wide step starves behind narrow
 * ones, and a step that waits for the only GPU keeps no core idle. A GPU that was given back is given last,
 * so that what its driver still clears has time.
 */
export function createPool(
  size: Omit<Resources, "gpu">,
  gpus: Pick<Gpus, "devices"> = { devices: [] },
): Pool {
  const capacity: Resources = { ...size, gpu: gpus.devices.length };
  const idle = [...gpus.devices];
  const free: Record<Kind, number> = { ...capacity };
  const running = new Map<string, PoolRequest & { readonly devices: readonly string[] }>();
  const waiting: Waiting[] = [];
  let arrivals = 0;

  const add = (resources: Resources, sign: 1 | -1): void => {
    // Parts of a core add up inexactly in binary; a millionth of one is nobody's.
    for (const kind of kinds) free[kind] = Math.round((free[kind] + sign * resources[kind]) * 1e6) / 1e6;
  };
  const start = (request: PoolRequest): void => {
    add(request.resources, -1);
    running.set(request.step, { ...request, devices: idle.splice(0, request.resources.gpu) });
  };
  const admit = (): void => {
    const reserved: Record<Kind, boolean> = { cpu: false, memoryBytes: false, gpu: false };
    for (let index = 0; index < waiting.length;) {
      const one = waiting[index];
      if (one === undefined) break;
      const short = shortOf(one.request.resources, free);
      const isBlocked = kinds.some((kind) => reserved[kind] && one.request.resources[kind] > 0);
      if (short.length === 0 && !isBlocked) {
        waiting.splice(index, 1);
        start(one.request);
        one.enter();
        continue;
      }
      for (const kind of short) reserved[kind] = true;
      if (reserved.cpu) break;
      index++;
    }
  };
  const holdingOf = (request: PoolRequest): Holding => {
    const devices = running.get(request.step)?.devices ?? [];
    let given = false;
    return {
      devices,
      giveBack() {
        if (given) return;
        given = true;
        running.delete(request.step);
        idle.push(...devices);
        add(request.resources, 1);
        admit();
      },
    };
  };
  const reasonFor = ({ request }: Waiting): string => {
    const short = shortOf(request.resources, free);
    const holders = [...running.values()].filter((holder) =>
      (short.length === 0 ? kinds : short).some((kind) => holder.resources[kind] > 0),
    );
    const what = (short.length === 0 ? kinds.filter((kind) => request.resources[kind] > 0) : short)
      .map(
        (kind) => `${amount(kind, request.resources[kind])} of ${amount(kind, capacity[kind])} ${unit[kind]}`,
      )
      .join(" and ");
    const by = holders.length === 0 ? "kept for steps before it in line" : `held by ${named(holders)}`;
    return `waits for ${what}, ${by}`;
  };

  return {
    async take(request, signal) {
      signal.throwIfAborted();
      if (waiting.length === 0 && shortOf(request.resources, free).length === 0) {
        start(request);
        return holdingOf(request);
      }
      await new Promise<void>((resolve, reject) => {
        const one: Waiting = {
          request,
          arrival: arrivals++,
          enter: () => {
            signal.removeEventListener("abort", leave);
            resolve();
          },
        };
        const leave = (): void => {
          const index = waiting.indexOf(one);
          if (index >= 0) waiting.splice(index, 1);
          reject(signal.reason);
          admit();
        };
        signal.addEventListener("abort", leave, { once: true });
        const before = waiting.findIndex((other) => other.request.priority < request.priority);
        waiting.splice(before < 0 ? waiting.length : before, 0, one);
        admit();
      });
      return holdingOf(request);
    },
    withhold({ stage, project, execution }, device) {
      if (!idle.includes(device)) return () => {};
      idle.splice(idle.indexOf(device), 1);
      const resources = { cpu: 0, memoryBytes: 0, gpu: 1 };
      const request = { step: `before ${device}`, stage, project, execution, resources, priority: 0 };
      add(resources, -1);
      running.set(request.step, { ...request, devices: [device] });
      return holdingOf(request).giveBack;
    },
    exceeds(resources) {
      const kind = kinds.find((one) => resources[one] > capacity[one]);
      return kind === undefined
        ? undefined
        : `${amount(kind, resources[kind])} ${unit[kind]}, of which this machine has ${amount(kind, capacity[kind])}`;
    },
    waitsFor(step) {
      const found = waiting.find(({ request }) => request.step === step);
      return found === undefined ? undefined : reasonFor(found);
    },
    state: () => ({
      capacity,
      free: { ...free },
      running: [...running.values()],
      waiting: waiting.map((one) => ({ ...one.request, reason: reasonFor(one) })),
    }),
  };
}

function shortOf(resources: Resources, free: Readonly<Record<Kind, number>>): readonly Kind[] {
  return kinds.filter((kind) => resources[kind] > free[kind]);
}

const unit: Readonly<Record<Kind, string>> = { cpu: "cpu", memoryBytes: "memory", gpu: "gpu" };

function amount(kind: Kind, quantity: number): string {
  if (kind !== "memoryBytes") return String(quantity);
  return quantity >= 1e9 ? `${Number((quantity / 1e9).toFixed(1))} GB` : `${Math.round(quantity / 1e6)} MB`;
}

function named(holders: readonly PoolRequest[]): string {
  const names = holders.slice(0, 3).map(({ stage }) => stage);
  return holders.length > 3 ? `${names.join(", ")} and ${holders.length - 3} more` : names.join(", ");
}
