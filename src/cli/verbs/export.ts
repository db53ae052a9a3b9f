import { writeFileSync } from "node:fs";

import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";
import { exportFormats } from "#protocols/orchestrators";

import { path } from "../client.ts";
import { printPage } from "../listing.ts";
import { problems } from "../problems.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";

const exportedSchema = z.object({ file: z.string(), text: z.string() });

export function registerExport(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "export <format>",
    summary: "the pipeline as a file for an orchestrator: airflow, argo or step-functions",
    arguments: { format: "airflow, argo or step-functions" },
    examples: [
      ["gyre export airflow > dags/shop.py", "a DAG whose tasks run the stages here"],
      ["gyre export argo --callback https://gyre.example.org", "the address as the cluster reaches it"],
      ["gyre export step-functions -o shop.asl.json", "a state machine, written to a file"],
    ],
    options: [
      {
        flags: "--callback <url>",
        says: "where the orchestrator reaches this server; otherwise as it is reached now",
      },
      {
        flags: "--connection <arn>",
        says: "step-functions: the EventBridge connection that holds the token",
      },
      { flags: "-o, --output <file>", says: "write to a file instead of printing" },
    ],
    schema: z.object({
      callback: z.string().optional(),
      connection: z.string().optional(),
      output: z.string().optional(),
    }),
    async act(call) {
      const { client, project, options } = call;
      const format = word(call, 0);
      if (!exportFormats.some((known) => known === format)) {
        throw new Problem(problems.call_invalid, {
          message: `There is no format "${format}"; there are ${exportFormats.join(", ")}.`,
        });
      }
      const query = new URLSearchParams({
        url: options.callback ?? client.url,
        ...(options.connection === undefined ? {} : { connection: options.connection }),
      });
      const address = `${path`/api/v1/projects/${project}/pipeline/export/${format}`}?${query}`;
      const exported = await client.get(address, exportedSchema);
      if (options.output === undefined) {
        return printPage(terminal, exported, exported.text.replace(/\n$/, "").split("\n"));
      }
      writeFileSync(options.output, exported.text);
      printPage(terminal, exported, [`Wrote ${options.output}.`]);
    },
  });
}
