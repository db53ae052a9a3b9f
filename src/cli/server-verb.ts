import type { Command } from "commander";
import { z } from "zod";
import type { ZodType } from "zod";

import type { Client } from "./client.ts";
import { connect } from "./client.ts";
import { chooseProject } from "./project.ts";
import type { Terminal } from "./terminal.ts";
import { addVerb, parseOptions } from "./verb.ts";
import type { Call, Verb } from "./verb.ts";

/** A call of a verb that asks the server about one project. */
export interface ServerCall<Options> extends Call<Options> {
  readonly client: Client;
  readonly project: string;
}

interface ServerVerb<Options> extends Omit<Verb<Options>, "act"> {
  act(call: ServerCall<Options>): Promise<void>;
}

export const serverOptions = [
  { flags: "--url <address>", says: "the server; otherwise GYRE_URL, or the one of this folder" },
];
const projectOption = { flags: "--project <name>", says: "the project; otherwise the one of this folder" };
const whereSchema = z.object({ url: z.string().optional(), project: z.string().optional() });

/** Adds a verb that works on a project of the running server. */
export function addServerVerb<Options>(
  parent: Command,
  terminal: Terminal,
  verb: ServerVerb<Options>,
): Command {
  const schema: ZodType<{ where: z.infer<typeof whereSchema>; own: Options }> = z
    .unknown()
    .transform((options) => ({
      where: whereSchema.parse(options),
      own: parseOptions(verb, options),
    }));
  return addVerb(parent, terminal, {
    ...verb,
    options: [...(verb.options ?? []), projectOption, ...serverOptions],
    schema,
    async act(call) {
      const client = connect(call.options.where.url);
      const project = await chooseProject(client, call.options.where.project);
      await verb.act({ ...call, options: call.options.own, client, project });
    },
  });
}
