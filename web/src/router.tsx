import { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { PageSkeleton } from "./components/answers.tsx";
import { NotFound } from "./scenes/not-found.tsx";
import { Shell } from "./shell/shell.tsx";
import { ProblemPage } from "./shell/answer.tsx";

/** The view state every page may carry in its URL. Unknown names stay out, so that links stay short. */
export interface View {
  tab?: string;
  sort?: string;
  columns?: string;
  filter?: string;
  /** The thing chosen within the page: a stage, a column, a metric. */
  at?: string;
  /** How a table of runs is looked at: columns that stay in sight, what rows are grouped by, open groups. */
  pinned?: string;
  group?: string;
  open?: string;
  state?: string;
  /** The runs a page compares. */
  runs?: string;
  /** How charts are drawn: their horizontal axis and how much lines are smoothed. */
  axis?: string;
  smooth?: string;
  /** Runs whose lines are not drawn. */
  hidden?: string;
  /** The other thing of a comparison. */
  other?: string;
  segment?: string;
  experiment?: string;
  metric?: string;
  /** A line of a log, and what is searched in it. */
  line?: number;
  find?: string;
  /** Which attempt of a step. */
  attempt?: number;
  kinds?: string;
  actor?: string;
  all?: boolean;
  /** Only columns or rows whose values differ. */
  diff?: boolean;
  /** The way through a graph that took longest is drawn strongly. */
  path?: boolean;
  log?: boolean;
  back?: string;
}

const texts = [
  "tab",
  "sort",
  "columns",
  "filter",
  "at",
  "pinned",
  "group",
  "open",
  "state",
  "runs",
  "axis",
  "smooth",
  "hidden",
  "other",
  "find",
  "segment",
  "experiment",
  "metric",
  "kinds",
  "actor",
  "back",
] as const;

function readView(search: Record<string, unknown>): View {
  const view: View = {};
  for (const name of texts) {
    const value = search[name];
    if (typeof value === "string" && value !== "") view[name] = value;
    else if (typeof value === "number") view[name] = String(value);
  }
  for (const name of ["line", "attempt"] as const) {
    const value = Number(search[name]);
    if (Number.isSafeInteger(value) && value > 0) view[name] = value;
  }
  for (const name of ["all", "diff", "path", "log"] as const) if (search[name] === true) view[name] = true;
  return view;
}

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Shell,
  validateSearch: readView,
  notFoundComponent: NotFound,
});

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./scenes/projects/projects.tsx"), "Projects"),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("./scenes/session/sign-in.tsx"), "SignIn"),
});
const project = createRoute({ getParentRoute: () => root, path: "/projects/$project" });
const home = createRoute({
  getParentRoute: () => project,
  path: "/",
  component: lazyRouteComponent(() => import("./scenes/home/home.tsx"), "Home"),
});
const charter = createRoute({
  getParentRoute: () => project,
  path: "/charter",
  component: lazyRouteComponent(() => import("./scenes/charter/charter.tsx"), "CharterPage"),
});
const data = createRoute({
  getParentRoute: () => project,
  path: "/data",
  component: lazyRouteComponent(() => import("./scenes/data/datasets.tsx"), "Datasets"),
});
const datasetVersion = createRoute({
  getParentRoute: () => project,
  path: "/data/$dataset/$version",
  component: lazyRouteComponent(() => import("./scenes/data/dataset-version.tsx"), "DatasetVersionPage"),
});
const pipeline = createRoute({
  getParentRoute: () => project,
  path: "/pipeline",
  component: lazyRouteComponent(() => import("./scenes/pipelines/pipeline.tsx"), "PipelinePage"),
});
const execution = createRoute({
  getParentRoute: () => project,
  path: "/executions/$execution",
  component: lazyRouteComponent(() => import("./scenes/pipelines/execution.tsx"), "ExecutionPage"),
});
const backfill = createRoute({
  getParentRoute: () => project,
  path: "/backfills/$backfill",
  component: lazyRouteComponent(() => import("./scenes/pipelines/backfill.tsx"), "BackfillPage"),
});
const verification = createRoute({
  getParentRoute: () => project,
  path: "/verifications/$verification",
  component: lazyRouteComponent(() => import("./scenes/pipelines/verification.tsx"), "VerificationPage"),
});
const compute = createRoute({
  getParentRoute: () => project,
  path: "/compute",
  component: lazyRouteComponent(() => import("./scenes/compute/compute.tsx"), "ComputePage"),
});
const studies = createRoute({
  getParentRoute: () => project,
  path: "/studies",
  component: lazyRouteComponent(() => import("./scenes/studies/studies.tsx"), "StudiesPage"),
});
const study = createRoute({
  getParentRoute: () => project,
  path: "/studies/$study",
  component: lazyRouteComponent(() => import("./scenes/studies/study.tsx"), "StudyPage"),
});
const runs = createRoute({
  getParentRoute: () => project,
  path: "/runs",
  component: lazyRouteComponent(() => import("./scenes/runs/runs.tsx"), "Runs"),
});
const compareRuns = createRoute({
  getParentRoute: () => project,
  path: "/runs/compare",
  component: lazyRouteComponent(() => import("./scenes/runs/compare.tsx"), "CompareRuns"),
});
const run = createRoute({
  getParentRoute: () => project,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("./scenes/runs/run.tsx"), "RunPage"),
});
const traces = createRoute({
  getParentRoute: () => project,
  path: "/traces",
  component: lazyRouteComponent(() => import("./scenes/traces/traces.tsx"), "Traces"),
});
const trace = createRoute({
  getParentRoute: () => project,
  path: "/traces/$trace",
  component: lazyRouteComponent(() => import("./scenes/traces/trace.tsx"), "TracePage"),
});
const evaluationDatasets = createRoute({
  getParentRoute: () => project,
  path: "/evaluation-datasets",
  component: lazyRouteComponent(
    () => import("./scenes/evaluation-datasets/datasets.tsx"),
    "EvaluationDatasets",
  ),
});
const evaluationDataset = createRoute({
  getParentRoute: () => project,
  path: "/evaluation-datasets/$dataset",
  component: lazyRouteComponent(
    () => import("./scenes/evaluation-datasets/dataset.tsx"),
    "EvaluationDatasetPage",
  ),
});
const models = createRoute({
  getParentRoute: () => project,
  path: "/models",
  component: lazyRouteComponent(() => import("./scenes/models/models.tsx"), "Models"),
});
const compareVersions = createRoute({
  getParentRoute: () => project,
  path: "/models/$model/compare",
  component: lazyRouteComponent(() => import("./scenes/models/compare-versions.tsx"), "CompareVersions"),
});
const modelVersion = createRoute({
  getParentRoute: () => project,
  path: "/models/$model/$version",
  component: lazyRouteComponent(() => import("./scenes/models/model-version.tsx"), "ModelVersionPage"),
});
const releases = createRoute({
  getParentRoute: () => project,
  path: "/releases",
  component: lazyRouteComponent(() => import("./scenes/releases/releases.tsx"), "Releases"),
});
const release = createRoute({
  getParentRoute: () => project,
  path: "/releases/$release",
  component: lazyRouteComponent(() => import("./scenes/releases/release.tsx"), "ReleasePage"),
});
const serving = createRoute({
  getParentRoute: () => project,
  path: "/serving",
  component: lazyRouteComponent(() => import("./scenes/serving/deployments.tsx"), "Deployments"),
});
const deployment = createRoute({
  getParentRoute: () => project,
  path: "/serving/$deployment",
  component: lazyRouteComponent(() => import("./scenes/serving/deployment.tsx"), "DeploymentPage"),
});
const monitoring = createRoute({
  getParentRoute: () => project,
  path: "/monitoring",
  component: lazyRouteComponent(() => import("./scenes/monitoring/monitoring.tsx"), "Monitoring"),
});
const incidents = createRoute({
  getParentRoute: () => project,
  path: "/incidents",
  component: lazyRouteComponent(() => import("./scenes/incidents/incidents.tsx"), "Incidents"),
});
const incident = createRoute({
  getParentRoute: () => project,
  path: "/incidents/$incident",
  component: lazyRouteComponent(() => import("./scenes/incidents/incident.tsx"), "IncidentPage"),
});
const prediction = createRoute({
  getParentRoute: () => project,
  path: "/predictions/$prediction",
  component: lazyRouteComponent(() => import("./scenes/predictions/prediction.tsx"), "PredictionPage"),
});
const webhooks = createRoute({
  getParentRoute: () => project,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("./scenes/webhooks/webhooks.tsx"), "Webhooks"),
});
const webhook = createRoute({
  getParentRoute: () => project,
  path: "/webhooks/$webhook",
  component: lazyRouteComponent(() => import("./scenes/webhooks/webhook.tsx"), "WebhookPage"),
});
const audit = createRoute({
  getParentRoute: () => project,
  path: "/audit",
  component: lazyRouteComponent(() => import("./scenes/audit/audit.tsx"), "Audit"),
});

const tree = root.addChildren([
  index,
  signIn,
  project.addChildren([
    home,
    charter,
    data,
    datasetVersion,
    pipeline,
    execution,
    backfill,
    verification,
    compute,
    studies,
    study,
    runs,
    compareRuns,
    run,
    traces,
    trace,
    evaluationDatasets,
    evaluationDataset,
    models,
    compareVersions,
    modelVersion,
    releases,
    release,
    serving,
    deployment,
    prediction,
    monitoring,
    incidents,
    incident,
    webhooks,
    webhook,
    audit,
  ]),
]);

/** Answers stay fresh until an event says otherwise; a lost server is asked again, a refusal is not. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, problem) => failures < 2 && "status" in problem && problem.status === 0,
    },
  },
});

export const router = createRouter({
  routeTree: tree,
  context: { queries },
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: ({ error, reset }) => <ProblemPage problem={error} again={reset} />,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
