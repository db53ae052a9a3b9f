import type { ReactNode } from "react";
import type { LoopStation, StationKey } from "../../components/loop-picture.tsx";
import { PlainLink } from "../../components/link.tsx";

const pages = {
  data: "/projects/$project/data",
  labels: "/projects/$project/data",
  pipeline: "/projects/$project/pipeline",
  model: "/projects/$project/models",
  gates: "/projects/$project/releases",
  release: "/projects/$project/releases",
  serving: "/projects/$project/serving",
  monitoring: "/projects/$project/monitoring",
  feedback: "/projects/$project/incidents",
} as const satisfies Record<StationKey, string>;

/** Leads from a station of the loop to its page. */
export function StationLink({ project, station, className, children }: StationLinkProps) {
  return (
    <PlainLink to={pages[station.key]} params={{ project }} className={className}>
      {children}
    </PlainLink>
  );
}

interface StationLinkProps {
  project: string;
  station: LoopStation;
  className: string;
  children: ReactNode;
}
