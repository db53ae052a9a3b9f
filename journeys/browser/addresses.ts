import { z } from "zod";

const project = "airline-care";
const listed = z.object({
  releases: z.array(z.object({ id: z.string(), number: z.number(), state: z.string() })).default([]),
  executions: z.array(z.object({ id: z.string(), purpose: z.object({ kind: z.string() }) })).default([]),
  incidents: z.array(z.object({ id: z.string(), kind: z.string() })).default([]),
  deployments: z.array(z.object({ id: z.string() })).default([]),
  runs: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
  predictions: z.array(z.object({ predictionId: z.string() })).default([]),
});

/** Every page of the product at the end of the story, by a name. */
export async function addressesOf(url: string): Promise<Record<string, string>> {
  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/v1/projects/${project}/${path}`, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: { "content-type": "application/json" },
    });
    return listed.parse(await response.json());
  };
  const { releases } = await ask("releases");
  const { executions } = await ask("executions");
  const { incidents } = await ask("incidents");
  const { runs } = await ask("runs");
  const deployment = (await ask("deployments")).deployments[0]?.id;
  const { predictions } = await ask(`deployments/${deployment}/predict`, { rows: [{ text: "late again" }] });
  const release = (state: string) => `releases/${releases.find((one) => one.state === state)?.id}`;
  const incident = (kind: string) => `incidents/${incidents.find((one) => one.kind === kind)?.id}`;
  const run = `runs/${runs.find(({ name }) => name.startsWith("train"))?.id}`;
  const retraining = executions.find(({ purpose }) => purpose.kind === "retrain")?.id;
  const pages: Record<string, string> = {
    charter: "charter",
    "charter as a file": "charter?tab=file",
    data: "data",
    "data version": "data/messages/1",
    "data rows": "data/messages/1?tab=rows",
    pipeline: "pipeline",
    "pipeline, why": "pipeline?at=prepare",
    execution: `executions/${retraining}`,
    runs: "runs",
    run,
    "run charts": `${run}?tab=charts`,
    "compared runs": "runs/compare?filter=status%20%3D%20%27FINISHED%27",
    "sweep of runs": "runs/compare?tab=sweep&filter=status%20%3D%20%27FINISHED%27",
    "run files": `${run}?tab=artifacts`,
    models: "models",
    "model version": "models/airline-care/4",
    "model lineage": "models/airline-care/4?tab=lineage",
    "model files": "models/airline-care/4?tab=files",
    "model aliases": "models/airline-care/4?tab=aliases",
    "compared versions": "models/airline-care/compare?at=3&other=4",
    releases: "releases",
    "release, live": release("live"),
    "release, refused": release("refused"),
    "release, rolled back": release("rolled_back"),
    serving: "serving",
    deployment: `serving/${deployment}`,
    prediction: `predictions/${predictions[0]?.predictionId}`,
    monitoring: "monitoring",
    recall: "monitoring?metric=recall",
    drift: "monitoring?tab=drift",
    incidents: "incidents",
    "incident, performance": incident("performance"),
    "incident, guardrail": incident("guardrail"),
    audit: "audit",
  };
  return {
    projects: "/?all=true",
    "sign in": "/sign-in",
    home: `/projects/${project}`,
    ...Object.fromEntries(
      Object.entries(pages).map(([name, path]) => [name, `/projects/${project}/${path}`]),
    ),
  };
}
