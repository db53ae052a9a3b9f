import { StateText } from "../../components/state-badge.tsx";
import type { Release } from "../../data/releases.ts";

/** What the last judgement found at a gate; the release itself shows it in full. */
export function GateEvidence({ release, gate }: { release: Release; gate: string }) {
  const result = release.gates.find((each) => each.gate.id === gate);
  if (!result) return null;
  return (
    <span className="mt-0.5 flex flex-wrap items-baseline gap-x-3 text-sm text-soft">
      <StateText state={result.verdict === "inconclusive" ? "insufficient" : result.verdict} />
      {result.finding}
    </span>
  );
}
