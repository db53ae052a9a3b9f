import { z } from "zod";

import { accessProblems, levelNames } from "#access";
import type { Access, Level, ThingGrant } from "#access";
import { Problem } from "#kernel/errors";

import { defineCall } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { findUser, permissionOfLevel, presentExperimentGrant, presentModelGrant } from "./present-users.ts";
import type { Resource, Resources } from "./resources.ts";
import { invalid, text } from "./wire.ts";

interface PermissionParts {
  readonly access: Access;
  readonly resources: Resources;
}

/** One kind of thing that has grants of its own, as MLflow's routes speak of it. */
interface Kind {
  readonly base: string;
  /** The parameter that names the thing. */
  readonly parameter: string;
  readonly answer: string;
  touched(name: string): Promise<Resource>;
  present(grant: ThingGrant): object;
  absent(name: string, username: string): string;
}

/**
 * Grants on single experiments and models. Who may manage one of them may say who else may; of what does
 * not exist only an owner everywhere may.
 */
export function createPermissionCalls({ access, resources }: PermissionParts): readonly Call[] {
  const experiments: Kind = {
    base: "/mlflow/experiments/permissions",
    parameter: "experiment_id",
    answer: "experiment_permission",
    touched: resources.experiment,
    present: presentExperimentGrant,
    absent: (id, username) =>
      `Experiment permission with experiment_id=${id} and username=${username} not found`,
  };
  if (resources.model === undefined) return callsOf(access, experiments);
  const models: Kind = {
    base: "/mlflow/registered-models/permissions",
    parameter: "name",
    answer: "registered_model_permission",
    touched: resources.model,
    present: presentModelGrant,
    absent: (name, username) =>
      `Registered model permission with workspace=default, name=${name} and username=${username} not found`,
  };
  return [...callsOf(access, experiments), ...callsOf(access, models)];
}

function callsOf(access: Access, kind: Kind): readonly Call[] {
  const { commands } = access;
  const about = z.object({ [kind.parameter]: text, username: text });
  const withLevel = about.extend({ permission: text });

  async function grantOn(thing: string, username: string): Promise<ThingGrant | undefined> {
    const { id } = await findUser(access, username);
    return (await access.thingGrants({ principal: id })).find((grant) => grant.thing === thing);
  }

  async function find(input: Readonly<Record<string, unknown>>, caller: Caller) {
    const name = String(input[kind.parameter]);
    const username = String(input["username"]);
    const touched = await kind.touched(name);
    await caller.allow(touched);
    const grant = await grantOn(touched.thing, username);
    const absent = (): Problem =>
      new Problem(accessProblems.thing_grant_not_found, {
        message: kind.absent(name.slice(0, 100), username),
      });
    return { thing: touched.thing, username, grant, absent };
  }

  const call = <Input extends z.ZodType>(
    method: "POST" | "GET" | "PATCH" | "DELETE",
    verb: string,
    summary: string,
    input: Input,
    handler: (input: z.output<Input>, caller: Caller) => Promise<unknown>,
  ): Call =>
    defineCall({
      method,
      path: `${kind.base}/${verb}`,
      permission: "access:manage",
      summary,
      input,
      handler,
    });

  return [
    call("POST", "create", "Grants a user something on one thing.", withLevel, async (input, caller) => {
      const level = readLevel(String(input["permission"]));
      const { thing, username, grant } = await find(input, caller);
      if (grant !== undefined) {
        throw new Problem(accessProblems.thing_grant_exists, {
          message: `A permission of ${username} on ${thing} already exists.`,
        });
      }
      const { id: principal } = await findUser(access, username);
      await commands.grantThing({ principal, thing, level, actor: caller.principal.id });
      return { [kind.answer]: kind.present({ principal, thing, level }) };
    }),
    call("GET", "get", "Gets what a user was granted on one thing.", about, async (input, caller) => {
      const { grant, absent } = await find(input, caller);
      if (grant === undefined) throw absent();
      return { [kind.answer]: kind.present(grant) };
    }),
    call(
      "PATCH",
      "update",
      "Changes what a user may do with one thing.",
      withLevel,
      async (input, caller) => {
        const level = readLevel(String(input["permission"]));
        const { grant, absent } = await find(input, caller);
        if (grant === undefined) throw absent();
        await commands.grantThing({ ...grant, level, actor: caller.principal.id });
      },
    ),
    call(
      "DELETE",
      "delete",
      "Takes back what a user was granted on one thing.",
      about,
      async (input, caller) => {
        const { grant, absent } = await find(input, caller);
        if (grant === undefined) throw absent();
        await commands.revokeThing({ ...grant, actor: caller.principal.id });
      },
    ),
  ];
}

function readLevel(permission: string): Level {
  const level = levelNames.find((name) => permissionOfLevel[name] === permission);
  if (level !== undefined) return level;
  const valid = levelNames.map((name) => `'${permissionOfLevel[name]}'`).join(", ");
  throw invalid(`Invalid permission '${permission.slice(0, 80)}'. Valid permissions are: (${valid})`);
}
