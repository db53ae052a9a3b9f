import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { z } from "zod";

import { authProblems } from "#kernel/auth";
import { Problem } from "#kernel/errors";
import { createSecretBox } from "#kernel/secret-box";
import { createTestKernel } from "#kernel/testing";
import { createWebhooks, migrations as webhookMigrations } from "#webhooks";
import type { WebhooksModule } from "#webhooks";

import { createTestServer, testMigrations } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const api = "/api/2.0/mlflow";
const oneWebhook = z.object({ webhook: z.looseObject({ webhook_id: z.string() }) });

interface World extends TestServer {
  readonly webhooks: WebhooksModule;
  /** What the receiver was sent, as `entity.action` and data, in no order. */
  readonly told: unknown[];
  readonly url: string;
  settle(): Promise<void>;
}

async function build(authorise?: (permission: string) => Promise<void>): Promise<World> {
  const kernel = await createTestKernel({ migrations: [...testMigrations, ...webhookMigrations] });
  const told: unknown[] = [];
  const url = await receive(told);
  const made: WebhooksModule[] = [];
  const server = createTestServer(kernel, {
    withRegistry: true,
    ...(authorise === undefined ? {} : { authorise }),
    webhooks: (named) => {
      const webhooks = createWebhooks({
        ...kernel,
        secrets: createSecretBox({ file: join(kernel.folder, "secret.key") }),
        registry: named,
        delivery: { getRelease: () => assert.fail("there are no releases here") },
        allowedHosts: ["127.0.0.1"],
      });
      made.push(webhooks);
      return webhooks;
    },
  });
  const [webhooks] = made;
  assert.ok(webhooks);
  await kernel.ledger.start();
  return {
    ...server,
    webhooks,
    told,
    url,
    async settle() {
      await kernel.ledger.settle();
      await kernel.jobs.settle();
    },
  };
}

const sentSchema = z.object({ entity: z.string(), action: z.string(), data: z.unknown() });

async function receive(told: unknown[]): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const { entity, action, data } = sentSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
      told.push([`${entity}.${action}`, data]);
      response.end("received");
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
}

const allEvents = [
  ["REGISTERED_MODEL", "CREATED"],
  ["MODEL_VERSION", "CREATED"],
  ["MODEL_VERSION_TAG", "SET"],
  ["MODEL_VERSION_TAG", "DELETED"],
  ["MODEL_VERSION_ALIAS", "CREATED"],
  ["MODEL_VERSION_ALIAS", "DELETED"],
  ["PROMPT", "CREATED"],
  ["PROMPT_VERSION", "CREATED"],
  ["PROMPT_TAG", "SET"],
  ["PROMPT_TAG", "DELETED"],
  ["PROMPT_VERSION_TAG", "SET"],
  ["PROMPT_VERSION_TAG", "DELETED"],
  ["PROMPT_ALIAS", "CREATED"],
  ["PROMPT_ALIAS", "DELETED"],
].map(([entity, action]) => ({ entity, action }));

const stageEvents = [{ entity: "MODEL_VERSION_STAGE", action: "SET" }];

describe("MLflow's webhooks", () => {
  it("are made, shown without their secret, listed by pages, changed and deleted", async () => {
    const { call } = await build();
    const url = "https://93.184.216.34/hook";
    const events = [{ entity: "MODEL_VERSION", action: "CREATED" }];
    const created = await call("POST", `${api}/webhooks`, { name: "first", url, events, secret: "hunter2" });
    const { webhook_id: id } = oneWebhook.parse(created.body).webhook;
    const shown = oneWebhook.parse((await call("GET", `${api}/webhooks/${id}`)).body).webhook;
    assert.deepEqual(shown, {
      webhook_id: id,
      name: "first",
      url,
      events,
      status: "ACTIVE",
      creation_timestamp: shown["creation_timestamp"],
      last_updated_timestamp: shown["creation_timestamp"],
    });
    await call("POST", `${api}/webhooks`, { name: "second", url, events, status: "DISABLED" });
    const page = z
      .object({ webhooks: z.array(z.looseObject({ name: z.string() })), next_page_token: z.string() })
      .parse((await call("GET", `${api}/webhooks?max_results=1`)).body);
    const tooMany = await call("GET", `${api}/webhooks?max_results=1001`);
    assert.match(
      JSON.stringify(tooMany.body),
      /INVALID_PARAMETER_VALUE.*max_results must be between 1 and 1000/,
    );
    const next = await call("GET", `${api}/webhooks?max_results=1&page_token=${page.next_page_token}`);
    const rest = z
      .object({
        webhooks: z.array(z.looseObject({ name: z.string() })),
        next_page_token: z.undefined().optional(),
      })
      .parse(next.body);
    assert.deepEqual([...page.webhooks, ...rest.webhooks].map(({ name }) => name).toSorted(), [
      "first",
      "second",
    ]);
    const changed = await call("PATCH", `${api}/webhooks/${id}`, { name: "renamed", status: "DISABLED" });
    const after = oneWebhook.parse(changed.body).webhook;
    assert.deepEqual(
      [after["name"], after["status"], after["events"], after["url"]],
      ["renamed", "DISABLED", events, url],
    );
    assert.ok(Number(after["last_updated_timestamp"]) > Number(shown["last_updated_timestamp"]));
    assert.equal((await call("DELETE", `${api}/webhooks/${id}`)).status, 200);
    for (const [method, path] of [
      ["GET", id],
      ["PATCH", id],
      ["DELETE", "nonexistent"],
    ] as const) {
      const { status, body } = await call(
        method,
        `${api}/webhooks/${path}`,
        method === "GET" ? undefined : {},
      );
      assert.equal(status, 404);
      assert.match(JSON.stringify(body), /RESOURCE_DOES_NOT_EXIST.*Webhook with ID .* not found/);
    }
  });

  it("are refused with the words MLflow's users know", async () => {
    const { call } = await build();
    const good = {
      name: "a",
      url: "https://93.184.216.34/",
      events: [{ entity: "PROMPT", action: "CREATED" }],
    };
    for (const [change, message] of [
      [{ url: "   " }, /Webhook URL cannot be empty or just whitespace/],
      [{ url: "ftp://example.com" }, /Invalid webhook URL scheme/],
      [{ url: "http://[invalid" }, /Invalid webhook URL/],
      [{ url: "http://169.254.169.254/latest/meta-data" }, /Invalid webhook URL scheme/],
      [{ url: "https://169.254.169.254/latest/meta-data" }, /must not resolve to a non-public IP address/],
      [{ name: "a b" }, /Webhook name 'a b' is invalid/],
      [{ events: [] }, /Missing value for required parameter 'events'/],
      [{ events: [{ entity: "PROMPT", action: "DELETED" }] }, /Invalid action 'DELETED' for entity 'PROMPT'/],
      [{ events: [{ entity: "BUDGET_POLICY", action: "EXCEEDED" }] }, /Invalid action/],
    ] as const) {
      const { status, body } = await call("POST", `${api}/webhooks`, { ...good, ...change });
      assert.equal(status, 400);
      assert.match(JSON.stringify(body), message);
    }
  });

  it("are told of models, versions, tags and aliases, and of prompts as prompts", async () => {
    const { call, url, told, settle } = await build();
    await call("POST", `${api}/webhooks`, { name: "all", url, events: allEvents });
    const prompt = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
    const post = async (path: string, body: object): Promise<void> =>
      assert.equal((await call("POST", `${api}/${path}`, body)).status, 200, path);
    const remove = async (path: string, body: object): Promise<void> =>
      assert.equal((await call("DELETE", `${api}/${path}`, body)).status, 200, path);

    for (const [name, own] of [
      ["spam", []],
      ["greeting", prompt],
    ] as const) {
      const tags = [{ key: "team", value: "care" }];
      await post("registered-models/create", { name, description: "why", tags: [...tags, ...own] });
      await settle();
      const text = own.length === 0 ? [] : [{ key: "mlflow.prompt.text", value: "Dear {{name}}" }];
      // Only a prompt needs no files.
      await post("model-versions/create", { name, source: "dummy-source", tags: [...prompt, ...text] });
      await settle();
      await post("registered-models/set-tag", { name, key: "tier", value: "1" });
      await remove("registered-models/delete-tag", { name, key: "tier" });
      await post("registered-models/alias", { name, alias: "live", version: "1" });
      await remove("registered-models/alias", { name, alias: "live" });
      await post("model-versions/set-tag", { name, version: "1", key: "checked", value: "yes" });
      await remove("model-versions/delete-tag", { name, version: "1", key: "checked" });
      await settle();
    }
    const about = (name: string): unknown[] =>
      told.filter((one) => JSON.stringify(one).includes(`"name":"${name}"`));
    const version = "1";
    assert.deepEqual(
      new Set(about("greeting")),
      new Set([
        ["prompt.created", { name: "greeting", description: "why", tags: { team: "care" } }],
        [
          "prompt_version.created",
          { name: "greeting", version, template: "Dear {{name}}", tags: {}, description: null },
        ],
        ["prompt_tag.set", { name: "greeting", key: "tier", value: "1" }],
        ["prompt_tag.deleted", { name: "greeting", key: "tier" }],
        ["prompt_alias.created", { name: "greeting", alias: "live", version }],
        ["prompt_alias.deleted", { name: "greeting", alias: "live" }],
        ["prompt_version_tag.set", { name: "greeting", version, key: "checked", value: "yes" }],
        ["prompt_version_tag.deleted", { name: "greeting", version, key: "checked" }],
      ]),
    );
    assert.ok(
      about("spam").some(
        (one) =>
          JSON.stringify(one) ===
          JSON.stringify([
            "registered_model.created",
            { name: "spam", description: "why", tags: { team: "care" } },
          ]),
      ),
    );
  });

  it("are told of a model's version with its source, its run, its aliases and its stages", async () => {
    const { call, url, told, settle, tracking, webhooks } = await build();
    await call("POST", `${api}/webhooks`, { name: "all", url, events: allEvents });
    await webhooks.commands.createWebhook({
      project: "care",
      name: "stages",
      description: "",
      url,
      events: ["model_version_stage.set"],
      secret: undefined,
      isActive: true,
      actor: "usr_ada",
    });
    const run = await tracking.commands.createRun({
      project: "care",
      name: "fit",
      tags: [],
      actor: "usr_ada",
      startedAtMs: 0,
    });
    await tracking.commands.putArtifact(run.id, "model/MLmodel", Buffer.from("flavors: {}"));
    await call("POST", `${api}/registered-models/create`, { name: "care-model" });
    const source = `mlflow-artifacts:/${run.experimentId}/${run.id}/artifacts/model`;
    const tags = [{ key: "a", value: "b" }];
    await call("POST", `${api}/model-versions/create`, { name: "care-model", source, run_id: run.id, tags });
    await call("POST", `${api}/registered-models/alias`, { name: "care-model", alias: "live", version: "1" });
    await call("POST", `${api}/model-versions/transition-stage`, {
      name: "care-model",
      version: "1",
      stage: "Staging",
    });
    await settle();
    const name = "care-model";
    assert.deepEqual(
      new Set(told),
      new Set([
        ["registered_model.created", { name, description: "", tags: {} }],
        [
          "model_version.created",
          { name, version: "1", source, run_id: run.id, tags: { a: "b" }, description: null },
        ],
        ["model_version_alias.created", { name, alias: "live", version: "1" }],
        ["model_version_stage.set", { name, version: "1", from: "None", to: "Staging" }],
      ]),
    );
    // Events that MLflow's clients cannot name are not shown to them, nor is what has no others.
    const listed = await call("GET", `${api}/webhooks`);
    assert.doesNotMatch(JSON.stringify(listed.body), /stage/i);
    const mixed = await call("POST", `${api}/webhooks`, {
      name: "mixed",
      url,
      events: [...stageEvents, { entity: "PROMPT", action: "CREATED" }],
    });
    assert.deepEqual(oneWebhook.parse(mixed.body).webhook["events"], [
      { entity: "PROMPT", action: "CREATED" },
    ]);
  });

  it("send an example when they are tested, of the event asked for", async () => {
    const { call, url, told } = await build();
    const { body } = await call("POST", `${api}/webhooks`, { name: "all", url, events: allEvents });
    const { webhook_id: id } = oneWebhook.parse(body).webhook;
    const tested = await call("POST", `${api}/webhooks/${id}/test`, {
      event: { entity: "PROMPT_ALIAS", action: "DELETED" },
    });
    assert.deepEqual(tested.body, {
      result: { success: true, response_status: 200, response_body: "received" },
    });
    assert.deepEqual(told, [["prompt_alias.deleted", { name: "example_prompt", alias: "example_alias" }]]);
    await call("PATCH", `${api}/webhooks/${id}`, { url: "http://127.0.0.1:1/" });
    const failed = JSON.stringify((await call("POST", `${api}/webhooks/${id}/test`, {})).body);
    assert.match(failed, /"success":false,"error_message":"Failed to test webhook: /);
  });

  it("can be read and changed by nobody who may not manage webhooks everywhere, at any prefix and by any verb", async () => {
    let mayManage = true;
    const { call, url, webhooks } = await build(async (permission) => {
      if (permission !== "webhook:manage" || mayManage) return;
      throw new Problem(authProblems.permission_denied, { message: "not you" });
    });
    const events = [{ entity: "PROMPT", action: "CREATED" }];
    const { body } = await call("POST", `${api}/webhooks`, { name: "a", url, events });
    const { webhook_id: id } = oneWebhook.parse(body).webhook;
    mayManage = false;
    for (const prefix of ["/api", "/ajax-api"]) {
      for (const [method, path, sent] of [
        ["POST", "", { name: "b", url, events }],
        ["GET", "", undefined],
        ["GET", `/${id}`, undefined],
        ["PATCH", `/${id}`, { url: "https://93.184.216.34/" }],
        ["DELETE", `/${id}`, {}],
        ["POST", `/${id}/test`, {}],
      ] as const) {
        const { status, body: answer } = await call(method, `${prefix}/2.0/mlflow/webhooks${path}`, sent);
        assert.equal(status, 403, `${method} ${path}`);
        assert.match(JSON.stringify(answer), /PERMISSION_DENIED/);
      }
    }
    assert.deepEqual(
      (await webhooks.listWebhooks()).map((one) => [one.id, one.url]),
      [[id, url]],
    );
  });
});
