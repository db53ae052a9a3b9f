import { EmptyState } from "../../components/answers.tsx";
import { bytes, number } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import type { ComputeTarget, MachineSize } from "../../data/compute.ts";

/** Each target as it says of itself; one that does not answer with what is wrong and what to do. */
export function Targets({ targets }: { targets: readonly ComputeTarget[] }) {
  if (targets.length === 0)
    return (
      <Panel title="Targets">
        <EmptyState icon="screen" title="Only this machine">
          <p>A Ray cluster or Kubernetes is named in the settings of the server, under compute targets.</p>
        </EmptyState>
      </Panel>
    );
  return (
    <section aria-labelledby="targets">
      <h2 id="targets" className="mb-3 text-base font-semibold">
        Targets
      </h2>
      <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
        {targets.map((target) => (
          <li key={target.name} className="min-w-0 rounded-xl border border-line bg-panel px-5 py-4">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <h3 className="font-semibold">{target.name}</h3>
              <StateBadge state={target.isAvailable ? "ready" : "down"} />
            </div>
            {!target.isAvailable && (
              <p className="mt-2 text-sm text-bad">
                {target.problem} <span className="text-soft">{target.next}</span>
              </p>
            )}
            <div className="mt-2">
              <KeyValueList
                items={[
                  { name: "Kind", value: kinds[target.kind] },
                  { name: "Version", value: target.version ?? undefined },
                  {
                    name: "Largest machine",
                    value: target.largest
                      ? `${size(target.largest)}${target.canGrow ? ", and can grow" : ""}`
                      : undefined,
                  },
                  { name: "Runs", value: number(target.running) },
                  { name: "Waits", value: number(target.queued) },
                  {
                    name: "Images",
                    value: target.isAvailable
                      ? target.canUseImages
                        ? `yes; ${target.defaultImage ?? "none"} where a stage names none`
                        : "no"
                      : undefined,
                  },
                  { name: "Platform", value: target.platform ?? undefined },
                  { name: "Python", value: target.interpreter ?? undefined },
                ]}
              />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function size({ cpus, memoryBytes, gpus }: MachineSize): string {
  return [
    `${number(cpus)} CPU`,
    memoryBytes > 0 ? bytes(memoryBytes) : "",
    gpus > 0 ? `${number(gpus)} GPU` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

const kinds = { local: "this machine", ray: "Ray", kubernetes: "Kubernetes" };
