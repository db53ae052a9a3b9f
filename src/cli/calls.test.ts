import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { runGyre } from "./fixtures/run-gyre.ts";
import { verbs } from "./verbs.ts";

interface WrongCall {
  readonly words: readonly string[];
  readonly code: number;
  readonly stderr: string;
  readonly variables?: Readonly<Record<string, string>>;
}

// The whole output, so that a change of words is a change somebody makes on purpose.
const wrongCalls: readonly WrongCall[] = [
  {
    words: ["relase"],
    code: 2,
    stderr: 'error[command_unknown]: There is no command "relase".\nnext: Did you mean: gyre release\n',
  },
  {
    words: ["xyzzy"],
    code: 2,
    stderr:
      'error[command_unknown]: There is no command "xyzzy".\nnext: See the commands with: gyre --help\n',
  },
  {
    words: ["new"],
    code: 2,
    stderr:
      'error[call_invalid]: Missing required argument "name".\nnext: See what it takes with: gyre new --help\n',
  },
  {
    words: ["runs", "--limt", "3"],
    code: 2,
    stderr:
      'error[call_invalid]: Unknown option "--limt".\nnext: Did you mean --limit? See: gyre runs --help\n',
  },
  {
    words: ["runs", "--limit", "many"],
    code: 2,
    stderr:
      "error[call_invalid]: The value of --limit is not what it must be: a whole number.\nnext: See what it takes with: gyre runs --help\n",
  },
  {
    words: ["diff", "a"],
    code: 2,
    stderr:
      'error[call_invalid]: Missing required argument "b".\nnext: See what it takes with: gyre diff --help\n',
  },
  {
    words: ["approve", "exe_1", "publish", "twice"],
    code: 2,
    stderr:
      'error[call_invalid]: "twice" is one argument too many for "gyre approve".\nnext: See what it takes with: gyre approve --help\n',
  },
  {
    words: ["audit", "verfy"],
    code: 2,
    stderr:
      'error[call_invalid]: There is no command "gyre audit verfy"; there are list, verify.\nnext: Did you mean: gyre audit verify\n',
  },
  {
    words: ["new", "My Shop"],
    code: 2,
    stderr:
      'error[project_name_invalid]: "My Shop" cannot be the name of a project.\nnext: Use lower-case letters, digits and hyphens: gyre new my-shop\n',
  },
  {
    words: ["new", "shop", "--blueprint", "text-clasification"],
    code: 4,
    stderr:
      'error[blueprint_unknown]: There is no blueprint "text-clasification"; there are text-classification.\nnext: Did you mean: --blueprint text-classification\n',
  },
  {
    words: ["check"],
    code: 4,
    stderr:
      "error[project_folder_missing]: There is no gyre.yaml in FOLDER or above it.\nnext: Make a project with: gyre new NAME\n",
  },
  {
    words: ["releases"],
    code: 1,
    stderr:
      "error[server_not_running]: No server is running for this folder.\nnext: Start it with: gyre up (or name one that runs elsewhere in GYRE_URL)\n",
  },
  {
    words: ["releases"],
    variables: { GYRE_URL: "http://127.0.0.1:65000" },
    code: 1,
    stderr:
      "error[server_not_running]: No server answers at http://127.0.0.1:65000 (from GYRE_URL): connect ECONNREFUSED 127.0.0.1:65000.\nnext: Start it with: gyre up\n",
  },
  {
    words: ["releases"],
    variables: { GYRE_URI: "http://127.0.0.1:65000" },
    code: 2,
    stderr: "error[setting_unknown]: There is no setting GYRE_URI.\nnext: Did you mean GYRE_URL?\n",
  },
  {
    words: ["audit", "verify"],
    code: 4,
    stderr:
      "error[ledger_unreadable]: The ledger in FOLDER/.gyre/gyre.db cannot be read: the file does not exist.\nnext: Go into the folder of the project, or name the folder of the state with --dir.\n",
  },
];

describe("a wrong call", () => {
  for (const { words, code, stderr, variables = {} } of wrongCalls) {
    it(`gyre ${words.join(" ")} ${Object.keys(variables).join(" ")} says what is wrong and what to do`, async () => {
      const folder = await temporaryFolder();
      const ran = await runGyre(words, { folder, variables });
      assert.deepEqual(
        { ...ran, stderr: ran.stderr.replaceAll(folder, "FOLDER") },
        { code, stdout: "", stderr },
      );
    });
  }

  it("comes as one envelope with --json, before or behind the command", async () => {
    const folder = await temporaryFolder();
    const expected = {
      code: "command_unknown",
      message: 'There is no command "relase".',
      next: "Did you mean: gyre release",
      position: null,
      data: {},
    };
    for (const words of [
      ["--json", "relase"],
      ["relase", "--json"],
    ]) {
      const { code, stdout, stderr } = await runGyre(words, { folder });
      assert.deepEqual(
        { code, stdout, envelope: JSON.parse(stderr) },
        { code: 2, stdout: "", envelope: expected },
      );
    }
  });
});

describe("gyre", () => {
  it("prints the overview without a command, on stdout, and ends well", async () => {
    const folder = await temporaryFolder();
    const { code, stdout, stderr } = await runGyre([], { folder });
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name);
    assert.deepEqual(
      { code, stderr, listed },
      { code: 0, stderr: "", listed: [...verbs.map(({ name }) => name), "help"] },
    );
  });

  it("prints no colours into a pipe, and colours where they are forced, but for NO_COLOR", async () => {
    const folder = await temporaryFolder();
    const plain = await runGyre(["--help"], { folder });
    const forced = await runGyre(["--help"], { folder, variables: { FORCE_COLOR: "1" } });
    const refused = await runGyre(["--help", "--no-color"], { folder, variables: { FORCE_COLOR: "1" } });
    const colours = [plain, forced, refused].map(({ stdout }) => stdout.includes("\u001b["));
    assert.deepEqual(colours, [false, true, false]);
  });

  it("begins the help of every command with examples of that command", async () => {
    const folder = await temporaryFolder();
    for (const { name } of verbs) {
      if (name === "demo") continue;
      const { code, stdout } = await runGyre([name, "--help"], { folder });
      const [first = "", example = ""] = stdout.split("\n");
      assert.deepEqual(
        { name, code, first, shows: example.includes(`gyre ${name}`) },
        { name, code: 0, first: "Examples:", shows: true },
      );
      assert.deepEqual(await runGyre(["help", name], { folder }), { code: 0, stdout, stderr: "" });
    }
  });

  it("finds the server file of a folder above, and knows that a server that was killed is gone", async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, ".gyre"));
    mkdirSync(join(folder, "src", "deep"), { recursive: true });
    const server = {
      url: "http://127.0.0.1:65000",
      gatewayUrl: "http://127.0.0.1:65000",
      pid: 1,
      process: "another-host/1/1",
      startedAtMs: 0,
    };
    const write = (process: string): void =>
      writeFileSync(join(folder, ".gyre", "server.json"), JSON.stringify({ ...server, process }));
    write("another-host/1/1");
    const found = await runGyre(["people"], { folder: join(folder, "src", "deep") });
    assert.match(found.stderr, /No server answers at http:\/\/127\.0\.0\.1:65000 \(from the state folder\)/);
    const { processIdentity } = await import("#kernel/process-identity");
    // This very process, but begun at another time: its number has been used again.
    write(processIdentity.replace(/\d+$/, "1"));
    const gone = await runGyre(["people"], { folder: join(folder, "src", "deep") });
    assert.match(gone.stderr, /No server is running for this folder/);
  });
});
