import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";

import type { FlagStyle } from "./command-flags.ts";
import { connect, select } from "./graph.ts";
import { readPipeline } from "./pipeline.ts";
import { defaultSettings } from "./settings.ts";
import type { Stage } from "./stages.ts";

function filesOf(texts: Readonly<Record<string, string>>) {
  return { readText: async (path: string) => texts[path] };
}

async function read(texts: Readonly<Record<string, string>>, flags?: FlagStyle) {
  return await readPipeline({
    files: filesOf(texts),
    file: "dvc.yaml",
    ...(flags === undefined ? {} : { flags }),
  });
}

/** The commands by stage, which is what most rules of the grammar show in. */
async function commandsOf(texts: Readonly<Record<string, string>>, flags?: FlagStyle) {
  const { stages } = await read(texts, flags);
  return Object.fromEntries(stages.map((stage) => [stage.name, stage.commands.join("\n")]));
}

const matrix = `
  os: [win, linux]
  pyv: [3.7, 3.8]
  dict: [{arg1: 1}, {arg2: 2}]
  list: [[out1, out11], [out2, out22]]`;

// The names and commands of DVC's own matrix test: 2 × 2 × 2 × 2 stages.
const matrixCommands = Object.fromEntries(
  ["win", "linux"].flatMap((os) =>
    ["3.7", "3.8"].flatMap((version) =>
      [0, 1].flatMap((dict) =>
        [0, 1].map((list) => [
          `build@${os}-${version}-dict${dict}-list${list}`,
          `echo ${os} ${version} --arg${dict + 1} ${dict + 1} -- out${list + 1} out${list + 1}${list + 1}`,
        ]),
      ),
    ),
  ),
);
const matrixStage = (axes: string) =>
  `stages:\n build:\n  matrix: ${axes}\n  cmd: echo \${item.os} \${item.pyv} \${item.dict} -- \${item.list.0} \${item.list.1}`;

/** Cases of DVC's parsing tests, as data: files in, commands by stage out. */
const cases: readonly { title: string; files: Record<string, string>; commands: Record<string, string> }[] = [
  {
    title: "a matrix written in place",
    files: { "dvc.yaml": matrixStage(matrix.replaceAll("\n", "\n ")) },
    commands: matrixCommands,
  },
  {
    title: "a matrix of variables",
    files: {
      "dvc.yaml": matrixStage("{os: '${os}', pyv: '${pyv}', dict: '${dict}', list: '${list}'}"),
      "params.yaml": matrix.replaceAll("\n  ", "\n"),
    },
    commands: matrixCommands,
  },
  {
    title: "the key of a matrix",
    files: { "dvc.yaml": "stages: {b: {matrix: {m: [x, {a: 1}], n: [true]}, cmd: 'echo ${key}'}}" },
    commands: { "b@x-true": "echo x-true", "b@m1-true": "echo m1-true" },
  },
  {
    title: "a simple list",
    files: { "dvc.yaml": "stages: {build: {foreach: [foo, bar, baz], do: {cmd: 'echo ${item}'}}}" },
    commands: { "build@foo": "echo foo", "build@bar": "echo bar", "build@baz": "echo baz" },
  },
  {
    title: "a mapping, with its keys",
    files: {
      "dvc.yaml": "stages: {build: {foreach: {model1: foo, model2: bar}, do: {cmd: 'echo ${key} ${item}'}}}",
    },
    commands: { "build@model1": "echo model1 foo", "build@model2": "echo model2 bar" },
  },
  {
    title: "keys that are numbers",
    files: {
      "dvc.yaml":
        "stages: {b: {foreach: {2021: {t: foo}, 2022: {t: bar}}, do: {cmd: 'echo ${key} ${item.t}'}}}",
    },
    commands: { "b@2021": "echo 2021 foo", "b@2022": "echo 2022 bar" },
  },
  {
    title: "a list of composites counts from 0",
    files: { "dvc.yaml": "stages: {b: {foreach: [{t: foo}, {t: bar}], do: {cmd: 'echo ${item[t]}'}}}" },
    commands: { "b@0": "echo foo", "b@1": "echo bar" },
  },
  {
    title: "foreach over variables from two files, merged",
    files: {
      "dvc.yaml":
        "vars: [more.yaml]\nstages: {b: {foreach: '${models}', do: {cmd: 'echo ${item.thresh} ${item.epochs}'}}}",
      "params.yaml": "models: {m1: {thresh: 10}, m2: {thresh: 15}}",
      "more.yaml": "models: {m1: {epochs: 5}, m2: {epochs: 10}}",
    },
    commands: { "b@m1": "echo 10 5", "b@m2": "echo 15 10" },
  },
  {
    title: "foreach with values partly interpolated",
    files: {
      "dvc.yaml":
        "vars: [{bar: bar}]\nstages: {b: {foreach: {m1: foo, m2: '${bar}'}, do: {cmd: 'echo ${item}'}}}",
    },
    commands: { "b@m1": "echo foo", "b@m2": "echo bar" },
  },
  {
    title: "vars beside params.yaml",
    files: {
      "dvc.yaml":
        "vars: [params.yaml, {dict: {foo: foobar}}]\nstages: {s: {cmd: 'echo ${dict.foo} ${dict.bar}'}}",
      "params.yaml": "dict: {bar: bar}",
    },
    commands: { s: "echo foobar bar" },
  },
  {
    title: "vars of a stage, read from its interpolated wdir",
    files: {
      "dvc.yaml":
        "stages: {s: {cmd: 'echo ${dict.foo} ${dict.bar}', wdir: '${dict.ws}', vars: [params.yaml]}}",
      "params.yaml": "dict: {bar: bar, ws: data}",
      "data/params.yaml": "dict: {foo: foo}",
    },
    commands: { s: "echo foo bar" },
  },
  ...["['t.yaml:bar', 't.yaml:foo']", "['t.yaml:foo,bar']", "[t.yaml]", "[t.yaml, t.yaml]"].map((vars) => ({
    title: `vars ${vars}`,
    files: {
      "dvc.yaml": `vars: ${vars}\nstages: {s: {cmd: 'echo \${bar}'}}`,
      "t.yaml": "bar: bar\nfoo: foo",
    },
    commands: { s: "echo bar" },
  })),
  {
    title: "values as Python writes them",
    files: {
      "dvc.yaml": "stages: {s: {cmd: 'echo ${a} ${b} ${c} ${d} ${e} ${f} ${g} ${h} ${i}'}}",
      "params.yaml":
        "a: 1\nb: 1.0\nc: 0.00001\nd: 1e16\ne: true\nf: null\ng: 0.0001\nh: 12345678901234567890\ni: 3e4",
    },
    commands: { s: "echo 1 1.0 1e-05 1e+16 true None 0.0001 12345678901234567890 30000.0" },
  },
  {
    title: "escapes, blanks and both forms of a path",
    files: {
      "dvc.yaml":
        "stages: {s: {cmd: ['echo \\${value} ${ value } days', 'echo ${d[3].foo[0]}${ d.1.fo}${d[3].foo.1}bar']}}",
      "params.yaml": "value: v\nd: [{f: f}, {fo: fo}, {foo: foo}, {foo: [f, o, o]}]",
    },
    commands: { s: "echo ${value} v days\necho ffoobar" },
  },
  {
    title: "names in other scripts",
    files: {
      "dvc.yaml": "stages: {s: {cmd: 'echo ${नेपाली.चिया[0]}${नेपाली[चिया][1]}'}}",
      "params.yaml": "नेपाली: {चिया: [चि, या]}",
    },
    commands: { s: "echo चिया" },
  },
  {
    title: "a command for each line, joined over a final backslash",
    files: { "dvc.yaml": "stages:\n  s:\n    cmd: |\n      echo one\n      echo two \\\n        three\n" },
    commands: { s: "echo one\necho two   three" },
  },
  {
    title: "parameters from JSON, TOML and Python",
    files: {
      "dvc.yaml":
        "vars: [a.json, b.toml, c.py]\nstages: {s: {cmd: 'echo ${a.x} ${b.x} ${LAYERS[1]} ${Train.lr} ${Train.depth}'}}",
      "a.json": '{"a": {"x": 1.0}}',
      "b.toml": "[b]\nx = 2\n",
      "c.py":
        "import os\nLAYERS = [\n  8,  # first\n  16,\n]\nHOME = os.environ\nclass Train:\n    lr: float = 1e-3\n    def __init__(self):\n        self.depth = 4\n",
    },
    commands: { s: "echo 1.0 2 16 0.001 4" },
  },
];

describe("a pipeline file", () => {
  for (const { title, files, commands } of cases) {
    it(`resolves ${title}`, async () => {
      assert.deepEqual(await commandsOf(files), commands);
    });
  }

  const dict = `dict:
  foo: foo
  bar: 2
  string: spaced string
  mixed: quote"'d
  bool: true
  bool-false: false
  list: [1, 2, foo, quote"'d]
  nested: {foo: foo}`;
  const quoted = `'quote"'"'"'d'`;
  for (const [style, booleans, list] of [
    [{ bool: "store_true", list: "nargs" }, "--bool", `--list 1 2 foo ${quoted}`],
    [
      { bool: "boolean_optional", list: "append" },
      "--bool --no-bool-false",
      `--list 1 --list 2 --list foo --list ${quoted}`,
    ],
  ] as const) {
    it(`writes a mapping in cmd as flags, ${style.bool} and ${style.list}`, async () => {
      const commands = await commandsOf(
        { "dvc.yaml": "stages: {s: {cmd: 'python s.py ${dict}'}}", "params.yaml": dict },
        style,
      );
      assert.deepEqual(commands, {
        s: `python s.py --foo foo --bar 2 --string 'spaced string' --mixed ${quoted} ${booleans} ${list} --nested.foo foo`,
      });
    });
  }

  it("resolves every part of a stage, with paths from the project's root", async () => {
    const { stages, ...top } = await read({
      "dvc.yaml": `
params: [more.yaml]
metrics: [m.json]
plots: [p.csv, roc: {x: fpr, y: tpr}]
artifacts: {model: {path: model.pkl, type: model}}
stages:
  train:
    desc: Fits the model
    wdir: src
    cmd: python train.py
    deps: [train.py, ../data/]
    params: [lr, seed, {../more.yaml: }, {../other.json: [a.b]}, lr]
    outs: [{../model.pkl: {persist: true, desc: weights}}]
    metrics: [{../m.json: {cache: false}}]
    plots: [{../p.csv: {x: step, y: loss}}]
    frozen: true
    always_changed: true
    meta: {gyre: {timeout: 90s}}
`,
    });
    assert.deepEqual(top, {
      file: "dvc.yaml",
      params: ["more.yaml"],
      metrics: ["m.json"],
      plots: [
        { id: "p.csv", settings: {} },
        { id: "roc", settings: { x: "fpr", y: "tpr" } },
      ],
      artifacts: { model: { path: "model.pkl", type: "model" } },
    });
    const expected: Stage = {
      name: "train",
      commands: ["python train.py"],
      cmd: "python train.py",
      wdir: "src",
      deps: ["src/train.py", "data"],
      params: [
        { file: "src/params.yaml", keys: ["lr", "seed"] },
        { file: "more.yaml", keys: null },
        { file: "other.json", keys: ["a.b"] },
      ],
      outs: [
        { path: "model.pkl", kind: "out", cache: true, persist: true, annotations: { desc: "weights" } },
        { path: "m.json", kind: "metrics", cache: false, persist: false, annotations: {} },
        { path: "p.csv", kind: "plots", cache: true, persist: false, annotations: { x: "step", y: "loss" } },
      ],
      frozen: true,
      alwaysChanged: true,
      description: "Fits the model",
      meta: { gyre: { timeout: "90s" } },
      settings: { ...defaultSettings, timeoutMs: 90_000 },
      position: { file: "dvc.yaml", line: 8, column: 5 },
    };
    assert.deepEqual(stages, [expected]);
  });

  it("reads stages that stand in the project file", async () => {
    const files = filesOf({ "gyre.yaml": "project: p\npipeline:\n  one: {cmd: echo 1, outs: [a]}\n" });
    const { stages } = await readPipeline({ files, file: "gyre.yaml", at: ["pipeline"] });
    assert.deepEqual(
      stages.map(({ name, position }) => ({ name, position })),
      [{ name: "one", position: { file: "gyre.yaml", line: 3, column: 8 } }],
    );
  });
});

/** What is wrong, where, and what the reader is told to do. */
const mistakes: readonly {
  title: string;
  text: string;
  files?: Record<string, string>;
  at: string;
  message: RegExp;
  next?: RegExp;
}[] = [
  {
    title: "YAML that cannot be read",
    text: "stages: [a",
    at: "1:11",
    message: /A bracket that was opened before is not closed here/,
  },
  {
    title: "a key that is twice there",
    text: "stages: {}\nstages: {}",
    at: "2:1",
    message: /^The key "stages" stands twice/,
  },
  {
    title: "an unknown key at the top",
    text: "stage: {}",
    at: "1:1",
    message: /Unknown key "stage" at the top/,
    next: /"stages"/,
  },
  {
    title: "an unknown key of a stage",
    text: "stages:\n  t:\n    cmd: x\n    dpes: [a]",
    at: "4:5",
    message: /"dpes" in stages\.t/,
    next: /"deps"/,
  },
  {
    title: "an unknown flag of an out",
    text: "stages:\n  t:\n    cmd: x\n    outs:\n      - a: {cahce: false}",
    at: "5:13",
    message: /"cahce"/,
    next: /"cache"/,
  },
  {
    title: "a stage without cmd",
    text: "stages:\n  t: {deps: [a]}",
    at: "2:6",
    message: /The stage "t" has no cmd/,
  },
  { title: "an empty stage", text: "stages:\n  t:", at: "2:5", message: /The stage "t" has no cmd/ },
  {
    title: "deps that are no list",
    text: "stages:\n  t: {cmd: x, deps: a}",
    at: "2:21",
    message: /stages\.t\.deps is the text "a"/,
    next: /list of paths/,
  },
  {
    title: "a flag that is no boolean",
    text: "stages:\n  t: {cmd: x, frozen: maybe}",
    at: "2:23",
    message: /frozen is the text "maybe"/,
    next: /true or false/,
  },
  { title: "foreach without do", text: "stages:\n  t: {foreach: [a]}", at: "2:6", message: /has no "do"/ },
  {
    title: "foreach over a scalar",
    text: "vars: [{a: 3}]\nstages:\n  t: {foreach: '${a}', do: {cmd: x}}",
    at: "3:16",
    message: /foreach is the number 3/,
  },
  {
    title: "an unknown variable",
    text: "vars: [{train: {epochs: 1}}]\nstages:\n  t: {cmd: 'x ${train.epoch}'}",
    at: "3:12",
    message: /"\$\{train\.epoch\}" in stages\.t\.cmd names nothing: "train" have no "epoch"/,
    next: /"epochs"/,
  },
  {
    title: "an expression that is none",
    text: "stages:\n  t: {cmd: 'x ${a b[}'}",
    at: "2:12",
    message: /cannot be read/,
  },
  {
    title: "a list in a command",
    text: "vars: [{a: [1]}]\nstages:\n  t: {cmd: 'x ${a}'}",
    at: "3:12",
    message: /is a list, which cannot become part/,
  },
  {
    title: "a mapping in a path",
    text: "vars: [{a: {b: 1}}]\nstages:\n  t: {cmd: x, deps: ['${a}']}",
    at: "3:22",
    message: /is a mapping/,
  },
  {
    title: "vars that are interpolated",
    text: "vars: [{a: 1}, '${a}']",
    at: "1:16",
    message: /uses \$\{…\}, which vars cannot/,
  },
  {
    title: "a variable defined twice",
    text: "vars: [{a: 1}, {a: 2}]",
    at: "1:16",
    message: /vars\[1\] defines "a", which is defined already/,
  },
  {
    title: "vars from no file",
    text: "vars: [nope.yaml]",
    at: "1:8",
    message: /names the file nope.yaml, which does not exist/,
  },
  {
    title: "vars from a key that is not there",
    text: "vars: ['p.yaml:lrr']",
    files: { "p.yaml": "lr: 1" },
    at: "1:8",
    message: /p\.yaml has no "lrr"/,
    next: /"lr"/,
  },
  {
    title: "a path that leaves the project",
    text: "stages:\n  t: {cmd: x, deps: [../../a]}",
    at: "2:22",
    message: /leaves the project/,
  },
  {
    title: "a remote dependency",
    text: "stages:\n  t: {cmd: x, deps: ['s3://b/k']}",
    at: "2:22",
    message: /remote address/,
  },
  {
    title: "an out that is a dependency too",
    text: "stages:\n  t: {cmd: x, deps: [a], outs: [a/b]}",
    at: "2:6",
    message: /both depends on and produces a\/b/,
  },
  {
    title: "a timeout that is none",
    text: "stages:\n  t: {cmd: x, meta: {gyre: {timeout: soon}}}",
    at: "2:38",
    message: /meta\.gyre\.timeout is the text "soon"/,
  },
];

describe("a mistake in a pipeline file", () => {
  for (const { title, text, files = {}, at, message, next } of mistakes) {
    it(`is named with its place: ${title}`, async () => {
      const problem = await read({ "dvc.yaml": text, ...files }).then(
        () => assert.fail("was accepted"),
        (error: unknown) => error,
      );
      assert.ok(problem instanceof Problem, String(problem));
      assert.deepEqual(
        [problem.code, `${problem.position?.line}:${problem.position?.column}`],
        ["pipeline_invalid", at],
      );
      assert.match(problem.message, message);
      if (next !== undefined) assert.match(problem.next, next);
    });
  }
});

describe("the graph of stages", () => {
  const graphOf = async (stages: string) =>
    connect((await read({ "dvc.yaml": `stages:\n${stages}` })).stages);

  it("ties stages through paths, within folders, and through parameter files", async () => {
    const graph = await graphOf(`
  report: {cmd: r, deps: [out], params: [{tuned.yaml: [lr]}]}
  a: {cmd: a, outs: [out/a]}
  b: {cmd: b, deps: [raw/x.csv], outs: [out/b, tuned.yaml]}
  raw: {cmd: raw, outs: [raw/]}`);
    assert.deepEqual(
      graph.stages.map(({ name }) => [name, graph.dependsOn.get(name)]),
      [
        ["a", []],
        ["raw", []],
        ["b", ["raw"]],
        ["report", ["a", "b"]],
      ],
    );
  });

  it("gives the part that makes a target: a stage, a group or a path", async () => {
    const graph = await graphOf(`
  a: {cmd: a, outs: [a.txt]}
  t: {foreach: [x, y], do: {cmd: t, deps: [a.txt], outs: ['t/\${item}']}}
  z: {cmd: z, deps: [t], outs: [z.txt]}`);
    const names = (target: string) => select(graph, [target]).stages.map(({ name }) => name);
    assert.deepEqual(["t@x", "t", "t/y", "a"].map(names), [
      ["a", "t@x"],
      ["a", "t@x", "t@y"],
      ["a", "t@y"],
      ["a"],
    ]);
    assert.throws(() => names("zz"), { code: "stage_unknown", next: 'Did you mean "z"?' });
  });

  for (const [title, stages, code, message] of [
    [
      "a ring",
      "  a: {cmd: a, deps: [z], outs: [x]}\n  b: {cmd: b, deps: [x], outs: [z]}",
      "pipeline_cycle",
      /a needs b needs a/,
    ],
    [
      "the same out",
      "  a: {cmd: a, outs: [x]}\n  b: {cmd: b, outs: [./x]}",
      "outputs_overlap",
      /"a" and "b" both produce x/,
    ],
    [
      "an out within another",
      "  a: {cmd: a, outs: [x/y]}\n  x: {cmd: a, outs: [x-1]}\n  b: {cmd: b, outs: [x]}",
      "outputs_overlap",
      /"b" and "a" produce x and x\/y/,
    ],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(graphOf(stages), (error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("plans a fan-out of 20,000 stages and a chain of 5,000 within seconds", async () => {
    const stage = (name: string, deps: readonly string[], outs: readonly string[]): Stage => ({
      name,
      commands: ["true"],
      cmd: "true",
      wdir: ".",
      deps,
      params: [],
      outs: outs.map((path) => ({ path, kind: "out", cache: true, persist: false, annotations: {} })),
      frozen: false,
      alwaysChanged: false,
      description: null,
      meta: null,
      settings: defaultSettings,
      position: { file: "dvc.yaml", line: 1, column: 1 },
    });
    const fan = Array.from({ length: 20_000 }, (_, index) => stage(`f${index}`, ["c/0"], [`f/${index}`]));
    const chain = Array.from({ length: 5_000 }, (_, index) =>
      stage(`c${index}`, index === 0 ? [] : [`c/${index - 1}`], [`c/${index}`]),
    );
    const startedAtMs = performance.now();
    const graph = connect([...fan, ...chain.toReversed(), stage("all", ["f"], ["all"])]);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    assert.deepEqual(
      [graph.stages.length, graph.stages[0]?.name, graph.dependsOn.get("all")?.length],
      [25_001, "c0", 20_000],
    );
    assert.ok(seconds < 5, `took ${seconds} s`);
  });
});
