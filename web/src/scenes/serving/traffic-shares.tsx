import { share } from "../../components/format.ts";
import { Badge } from "../../components/state-badge.tsx";
import type { Variant } from "../../data/deployments.ts";

const looks = {
  live: { tone: "good", fill: "bg-good" },
  canary: { tone: "busy", fill: "bg-busy" },
  shadow: { tone: "idle", fill: "bg-idle" },
} as const;

/** Which version answers which share; a shadow sees everything and answers nothing. */
export function TrafficShares({ variants }: { variants: readonly Variant[] }) {
  return (
    <span className="block">
      <span aria-hidden="true" className="meter flex h-2 gap-0.5 overflow-hidden rounded-full bg-idle-wash">
        {variants
          .filter((variant) => variant.role !== "shadow")
          .map((variant) => (
            <span
              key={variant.releaseId}
              className={`block h-full ${looks[variant.role].fill}`}
              style={{ width: `${variant.share * 100}%` }}
            />
          ))}
      </span>
      <span className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {variants.map((variant) => (
          <span key={variant.releaseId} className="tabular inline-flex items-center gap-2">
            <Badge tone={looks[variant.role].tone}>{variant.role}</Badge>v{variant.number}
            <span className="text-faint">
              {variant.role === "shadow" ? "sees all, answers none" : share(variant.share)}
            </span>
          </span>
        ))}
      </span>
    </span>
  );
}
