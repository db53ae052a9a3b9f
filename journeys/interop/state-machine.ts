import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { inParallel } from "#kernel/in-parallel";

/*
 * Just enough of the Amazon States Language to run what we export: states of seven kinds, JSONata by its own
 * package, and HTTP tasks that really ask the server.
 */

const state = z.looseObject({
  Type: z.enum(["Task", "Choice", "Parallel", "Map", "Wait", "Succeed", "Fail"]),
  Next: z.string().optional(),
  Arguments: z.looseObject({}).optional(),
  Output: z.string().optional(),
  Branches: z.array(z.unknown()).optional(),
  Items: z.array(z.unknown()).optional(),
  MaxConcurrency: z.number().optional(),
  ItemProcessor: z.unknown().optional(),
  Seconds: z.string().optional(),
  Choices: z.array(z.looseObject({ Condition: z.string(), Next: z.string() })).optional(),
  Default: z.string().optional(),
  Error: z.string().optional(),
  Cause: z.string().optional(),
});
const machine = z.looseObject({ StartAt: z.string(), States: z.record(z.string(), state) });

const request = z.looseObject({
  ApiEndpoint: z.string(),
  Method: z.string(),
  Authentication: z.looseObject({ ConnectionArn: z.string() }),
  Headers: z.record(z.string(), z.string()).default({}),
  QueryParameters: z.record(z.string(), z.string()).default({}),
  RequestBody: z.unknown().optional(),
});

type Jsonata = (expression: string) => { evaluate(input: unknown, bindings: object): Promise<unknown> };

/** Runs a state machine to its end; throws with the error and the cause of a Fail state. */
export async function runStateMachine(
  text: string,
  execution: { readonly Name: string; readonly Input: object },
  nodeModules: string,
): Promise<readonly string[]> {
  const jsonata: Jsonata = createRequire(join(nodeModules, "any.js"))("jsonata");
  const visited: string[] = [];
  const context = { Execution: execution };

  const evaluate = async (value: unknown, states: object): Promise<unknown> => {
    if (typeof value === "string") {
      const [, expression] = /^\{%(.*)%\}$/s.exec(value) ?? [];
      return expression === undefined ? value : await jsonata(expression).evaluate({}, { states });
    }
    if (Array.isArray(value)) return await Promise.all(value.map((one) => evaluate(one, states)));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(async ([key, one]) => [key, await evaluate(one, states)]);
    return Object.fromEntries(await Promise.all(entries));
  };

  const runMachine = async (definition: unknown, firstInput: unknown): Promise<unknown> => {
    const { StartAt, States } = machine.parse(definition);
    let input = firstInput;
    for (let name: string | undefined = StartAt; name !== undefined;) {
      visited.push(name);
      const now: z.output<typeof state> | undefined = States[name];
      if (now === undefined) throw new Error(`there is no state ${name}`);
      const states = { input, context };
      if (now.Type === "Fail") {
        const words = [now.Error, now.Cause].map(async (word) => await evaluate(word, states));
        throw new Error((await Promise.all(words)).join(": "));
      }
      if (now.Type === "Succeed") return await evaluate(now.Output ?? input, states);
      if (now.Type === "Choice") {
        name = now.Default;
        for (const choice of now.Choices ?? []) {
          if ((await evaluate(choice.Condition, states)) !== true) continue;
          name = choice.Next;
          break;
        }
        continue;
      }
      if (now.Type === "Parallel") {
        input = await Promise.all(
          (now.Branches ?? []).map(async (branch) => await runMachine(branch, input)),
        );
      } else if (now.Type === "Map") {
        const items = now.Items ?? [];
        const outputs: unknown[] = [];
        await inParallel([...items.entries()], now.MaxConcurrency ?? items.length, async ([index, item]) => {
          outputs[index] = await runMachine(now.ItemProcessor, item);
        });
        input = outputs;
      } else if (now.Type === "Wait") {
        await sleep(1_000 * z.number().parse(await evaluate(now.Seconds, states)));
      } else {
        const result = await ask(request.parse(await evaluate(now.Arguments, states)));
        input = await evaluate(now.Output ?? "{% $states.result %}", { ...states, result });
      }
      name = now.Next;
    }
    return input;
  };
  await runMachine(JSON.parse(text), execution.Input);
  return visited;
}

/** As an HTTP task does. */
async function ask(task: z.output<typeof request>): Promise<object> {
  const url = new URL(task.ApiEndpoint);
  for (const [key, value] of Object.entries(task.QueryParameters)) url.searchParams.set(key, value);
  const answer = await fetch(url, {
    method: task.Method,
    headers: task.Headers,
    ...(task.RequestBody === undefined ? {} : { body: JSON.stringify(task.RequestBody) }),
  });
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error(`States.Http.StatusCode.${answer.status}: ${JSON.stringify(body)}`);
  return { ResponseBody: body, StatusCode: answer.status };
}
