import type { IconName } from "../components/icons.tsx";

/** The pages of a project, in the order of the loop; the navigation, the keys and the palette read this list. */
export const places = [
  { to: "/projects/$project", label: "Home", icon: "home", key: "g h" },
  { to: "/projects/$project/charter", label: "Charter", icon: "charter", key: "g c" },
  { to: "/projects/$project/data", label: "Data", icon: "data", key: "g d" },
  { to: "/projects/$project/pipeline", label: "Pipeline", icon: "pipeline", key: "g p" },
  { to: "/projects/$project/compute", label: "Compute", icon: "screen", key: "g u" },
  { to: "/projects/$project/studies", label: "Studies", icon: "studies", key: "g y" },
  { to: "/projects/$project/runs", label: "Runs", icon: "runs", key: "g r" },
  { to: "/projects/$project/traces", label: "Traces", icon: "traces", key: "g t" },
  {
    to: "/projects/$project/evaluation-datasets",
    label: "Evaluation data",
    icon: "questions",
    key: "g v",
  },
  { to: "/projects/$project/models", label: "Models", icon: "model", key: "g m" },
  { to: "/projects/$project/releases", label: "Releases", icon: "release", key: "g e" },
  { to: "/projects/$project/serving", label: "Serving", icon: "serving", key: "g s" },
  { to: "/projects/$project/monitoring", label: "Monitoring", icon: "monitoring", key: "g o" },
  { to: "/projects/$project/incidents", label: "Incidents", icon: "incident", key: "g i" },
  { to: "/projects/$project/webhooks", label: "Webhooks", icon: "webhook", key: "g w" },
  { to: "/projects/$project/audit", label: "Audit", icon: "audit", key: "g a" },
] as const satisfies readonly { to: string; label: string; icon: IconName; key: string }[];
