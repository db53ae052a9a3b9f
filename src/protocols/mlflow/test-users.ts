import assert from "node:assert/strict";

import { createAccess, migrations as accessMigrations } from "#access";
import type { Access } from "#access";

import { createTestServer, testMigrations } from "./test-server.ts";
import type { TestMethod, TestServer, TestServerParts } from "./test-server.ts";

const api = "/api/2.0/mlflow";
export const userMigrations = [...accessMigrations, ...testMigrations];
/** The beginning of every password. */
export const words = "correct horse battery";

/** Who sends a request: a name with a password. */
export interface User {
  readonly name: string;
  readonly password: string;
}

export interface HouseOfUsers extends TestServer {
  readonly access: Access;
  readonly admin: User;
  as(
    user: User | undefined,
    method: TestMethod,
    path: string,
    body?: object | string,
  ): Promise<{ status: number; body: unknown; headers: Readonly<Record<string, unknown>> }>;
  /** A user without more than every user has. */
  add(name: string): Promise<User>;
}

/** Tracking and the registry where everybody signs in, for tests; `root` is an owner everywhere. */
export async function openHouseOfUsers(
  kernel: TestServerParts,
  mode: "local" | "required" = "required",
): Promise<HouseOfUsers> {
  const access = createAccess({ ...kernel, mode, userName: "grace", passwordCost: 8 });
  const admin = { name: "root", password: `${words} root` };
  await access.commands.addPrincipal({
    name: admin.name,
    kind: "person",
    grant: { role: "owner", project: null },
    password: admin.password,
    actor: "system",
  });
  await access.start();
  const house = createTestServer(kernel, { withRegistry: true, access });
  const as: HouseOfUsers["as"] = async (user, method, path, body) => {
    const pair = user === undefined ? "" : Buffer.from(`${user.name}:${user.password}`).toString("base64");
    const answer = await house.server.inject({
      method,
      url: path.startsWith("/") ? path : `${api}/${path}`,
      headers: {
        ...(user === undefined ? {} : { authorization: `Basic ${pair}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    return {
      status: answer.status,
      body: isJson ? answer.json() : answer.text,
      headers: answer.headers,
    };
  };
  return {
    ...house,
    access,
    admin,
    as,
    async add(name) {
      const user = { name, password: `${words} ${name}` };
      const { status } = await as(admin, "POST", "users/create", { username: name, password: user.password });
      assert.equal(status, 200);
      return user;
    },
  };
}
