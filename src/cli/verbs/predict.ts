import { existsSync, readFileSync } from "node:fs";

import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { path } from "../client.ts";
import type { Client } from "../client.ts";
import { printRows } from "../listing.ts";
import { problems } from "../problems.ts";
import { parseRows } from "../rows.ts";
import type { Row } from "../rows.ts";
import { addServerVerb } from "../server-verb.ts";
import { readInput } from "../standard-input.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";
import { numberText } from "../words.ts";

const deploymentsSchema = z.object({
  deployments: z.array(
    z.looseObject({
      id: z.string(),
      model: z.string(),
      environment: z.string(),
      variants: z.array(z.looseObject({ role: z.string(), number: z.number() })),
    }),
  ),
});
type Deployment = z.infer<typeof deploymentsSchema>["deployments"][number];

const versionSchema = z.object({
  version: z.looseObject({
    signature: z.looseObject({ inputs: z.array(z.looseObject({ name: z.string(), datatype: z.string() })) }),
  }),
});

const answerSchema = z.object({
  predictions: z.array(
    z.looseObject({
      predictionId: z.string(),
      label: z.string(),
      decision: z.boolean(),
      probabilities: z.record(z.string(), z.number()),
    }),
  ),
});

const rowsAtOnce = 250;

export function registerPredict(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "predict <model> <file>",
    summary: "predict one record or many, with what is live",
    arguments: {
      model: "the name of a deployed model",
      file: "CSV with a header, JSON lines, or one JSON object; - for standard input",
    },
    examples: [
      ["gyre predict airline-care messages.csv", "a batch"],
      [`echo '{"text":"my bag is lost"}' | gyre predict airline-care -`, "one record"],
    ],
    options: [{ flags: "--environment <name>", says: "where the model is deployed (production)" }],
    schema: z.object({ environment: z.string().default("production") }),
    async act(call) {
      const { client, project, options } = call;
      const model = word(call, 0);
      const file = word(call, 1);
      const rows = parseRows(await readText(file), file === "-" ? "standard input" : file);
      const deployment = await findDeployment(client, project, model, options.environment);
      const typed = typeRows(rows, await readDatatypes(client, project, deployment));
      const predictions: z.infer<typeof answerSchema>["predictions"] = [];
      for (let from = 0; from < typed.length; from += rowsAtOnce) {
        const address = path`/api/v1/projects/${project}/deployments/${deployment.id}/predict`;
        const body = { rows: typed.slice(from, from + rowsAtOnce) };
        predictions.push(...(await client.send("POST", address, answerSchema, body)).predictions);
      }
      printRows(
        terminal,
        predictions,
        [
          { title: "prediction", of: ({ predictionId }) => predictionId },
          { title: "label", of: ({ label }) => label },
          { title: "decision", of: ({ decision }) => (decision ? "yes" : "no") },
          {
            title: "probabilities",
            of: ({ probabilities }) =>
              Object.entries(probabilities)
                .map(([label, share]) => `${label} ${numberText(share)}`)
                .join(", "),
          },
        ],
        "There was nothing to predict.",
      );
    },
  });
}

async function readText(file: string): Promise<string> {
  if (file === "-") return await readInput();
  if (existsSync(file)) return readFileSync(file, "utf8");
  throw new Problem(problems.nothing_found, {
    message: `There is no file ${file}.`,
    next: "Check the path, or give - to read standard input.",
  });
}

async function findDeployment(
  client: Client,
  project: string,
  model: string,
  environment: string,
): Promise<Deployment> {
  const { deployments } = await client.get(path`/api/v1/projects/${project}/deployments`, deploymentsSchema);
  const found = deployments.find(
    (one) => one.id === model || (one.model === model && one.environment === environment),
  );
  if (found !== undefined && found.variants.some(({ role }) => role === "live")) return found;
  throw new Problem(problems.nothing_found, {
    message: `No version of ${model} is live in ${environment}.`,
    next: `Release one with: gyre release ${model}@1 --to ${environment}`,
  });
}

/** What the live version takes, by input: CSV holds texts only. */
async function readDatatypes(
  client: Client,
  project: string,
  { model, variants }: Deployment,
): Promise<ReadonlyMap<string, string>> {
  const live = variants.find(({ role }) => role === "live");
  const address = path`/api/v1/projects/${project}/models/${model}/versions/${live?.number ?? 0}`;
  const { version } = await client.get(address, versionSchema);
  return new Map(version.signature.inputs.map(({ name, datatype }) => [name, datatype]));
}

function typeRows(rows: readonly Row[], datatypes: ReadonlyMap<string, string>): readonly Row[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeValue(value, datatypes.get(name))]),
    ),
  );
}

/** A text that is no number stays one: the gateway says better than we what is wrong with it. */
function typeValue(value: Row[string], datatype: string | undefined): Row[string] {
  if (typeof value !== "string" || datatype === undefined || datatype === "BYTES") return value ?? null;
  if (value === "") return null;
  if (datatype === "BOOL") return value === "true" ? true : value === "false" ? false : value;
  return Number.isNaN(Number(value)) ? value : Number(value);
}
