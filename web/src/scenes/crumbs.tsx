import { TextLink } from "../components/link.tsx";

type Up =
  | "data"
  | "pipeline"
  | "studies"
  | "runs"
  | "traces"
  | "evaluation-datasets"
  | "models"
  | "releases"
  | "serving"
  | "incidents"
  | "webhooks";

const labels: Record<Up, string> = {
  data: "Data",
  pipeline: "Pipeline",
  studies: "Studies",
  runs: "Runs",
  traces: "Traces",
  "evaluation-datasets": "Evaluation data",
  models: "Models",
  releases: "Releases",
  serving: "Serving",
  incidents: "Incidents",
  webhooks: "Webhooks",
};

/** The way up: the project, and the list this thing stands in. */
export function crumbs(project: string, up?: Up) {
  const home = (
    <TextLink key="project" to="/projects/$project" params={{ project }}>
      {project}
    </TextLink>
  );
  if (!up) return [home];
  return [
    home,
    <TextLink key={up} to={`/projects/$project/${up}`} params={{ project }}>
      {labels[up]}
    </TextLink>,
  ];
}
