import type { Random } from "./random.ts";
import { makeFilter, makeOrder } from "./filters.ts";
import { ask, badKeys, keys, spoil, textAt, wheelOf } from "./questions.ts";
import type { Fields, Generator, Move } from "./questions.ts";
import type { Question } from "./twin.ts";

/** What the questions so far have made, by our server's ids. */
interface Known {
  readonly experiments: string[];
  readonly runs: { readonly id: string; readonly experiment: string }[];
  readonly models: string[];
  readonly loggedModels: string[];
  /** Every run starts at a time of its own: the order of equal ones hangs on ids. */
  clockMs: number;
}

const values = ["a", "B", "a%b", "1", "run 1", "", "x".repeat(501)];

/** Questions to a tracking server from a seed: mostly sensible ones, some with a field missing, odd or of another kind. */
export function createGenerator(random: Random): Generator {
  const known: Known = { experiments: ["0"], runs: [], models: [], loggedModels: [], clockMs: 1_000 };
  const { pick, percent, below } = random;

  const key = (): string => (percent(8) ? pick(badKeys) : pick(keys));
  const value = (): string => pick(values);
  const tag = (): Fields => ({ key: key(), value: value() });
  const some = (make: () => Fields): readonly Fields[] => Array.from({ length: below(4) }, make);
  // One key twice fails in their database, and keys that are no names are taken where something begins.
  const firstTags = (): readonly Fields[] =>
    keys
      .slice(0, -1)
      .filter(() => percent(20))
      .map((name) => ({ key: name, value: value() }));
  const experiment = (): string => (percent(6) ? pick(["99999", "x", ""]) : pick(known.experiments));
  const run = (): string =>
    percent(6) || known.runs.length === 0 ? pick(["f".repeat(32), "x y", ""]) : pick(known.runs).id;
  // A run that was deleted by itself stays so here when its experiment is deleted and comes back; not there.
  const deletable = (): string => pick(known.experiments.filter((id) => id !== "0").concat("99999"));
  const ownRun = (): string =>
    pick(
      known.runs
        .filter((one) => one.experiment === "0")
        .map((one) => one.id)
        .concat("f"),
    );
  const experimentName = (): string => pick(["e 1", "e 2", "E 3", "e 4", "e 5", ""]);
  const modelName = (): string => (percent(6) ? pick(["a/b", "", "absent"]) : pick(["m-1", "m-2", "M-3"]));
  const loggedModel = (): string =>
    percent(10) || known.loggedModels.length === 0 ? `m-${"f".repeat(32)}` : pick(known.loggedModels);
  const time = (): unknown => (percent(5) ? -1 : (known.clockMs += 1_000));
  const metric = (): Fields => ({
    key: key(),
    value: pick([
      0.5,
      -1,
      3,
      1e300,
      "NaN",
      "Infinity",
      "-Infinity",
      "2.5",
      ...(percent(10) ? ["x", null] : []),
    ]),
    timestamp: time(),
    step: pick([0, 1, 2, -3, "4"]),
  });
  const page = (): Fields => ({
    max_results: pick([1, 2, 3, 1_000, "5"]),
    ...(percent(4) ? { max_results: pick([0, 10_000_000]) } : {}),
    ...(percent(4) ? { page_token: "no token of ours" } : {}),
  });
  const query = (searched: Parameters<typeof makeOrder>[1], name = "filter"): Fields => ({
    [name]: makeFilter(random, searched),
    order_by: makeOrder(random, searched),
    ...page(),
  });
  const source = (): Fields => {
    const made = known.runs.length === 0 ? undefined : pick(known.runs);
    if (percent(10) || made === undefined) {
      return { source: pick(["file:///etc", "/etc", "http://example.org/x/../y", "models:/absent/1"]) };
    }
    // Theirs wants to be told whose files these are.
    const address = `mlflow-artifacts:/${made.experiment}/${made.id}/artifacts/model`;
    return { source: address, run_id: made.id };
  };

  const moves: readonly Move[] = [
    [4, "POST", "experiments/create", () => ({ name: experimentName(), tags: firstTags() })],
    [2, "GET", "experiments/get", () => ({ experiment_id: experiment() })],
    [2, "GET", "experiments/get-by-name", () => ({ experiment_name: experimentName() })],
    [2, "POST", "experiments/update", () => ({ experiment_id: experiment(), new_name: experimentName() })],
    [1, "POST", "experiments/delete", () => ({ experiment_id: deletable() })],
    [2, "POST", "experiments/restore", () => ({ experiment_id: experiment() })],
    [3, "POST", "experiments/set-experiment-tag", () => ({ experiment_id: experiment(), ...tag() })],
    [1, "POST", "experiments/delete-experiment-tag", () => ({ experiment_id: experiment(), key: key() })],
    [
      6,
      "POST",
      "experiments/search",
      () => ({ ...query("experiments"), view_type: pick(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]) }),
    ],
    [
      10,
      "POST",
      "runs/create",
      () => ({
        experiment_id: experiment(),
        start_time: (known.clockMs += 1_000),
        run_name: pick(["run 1", "a", "B"]),
        tags: firstTags(),
        user_id: pick(["ada", "bob"]),
      }),
    ],
    [4, "GET", "runs/get", () => ({ run_id: run() })],
    [
      4,
      "POST",
      "runs/update",
      () => ({ run_id: run(), status: pick(["FINISHED", "FAILED", "RUNNING", "KILLED"]), end_time: time() }),
    ],
    [1, "POST", "runs/delete", () => ({ run_id: ownRun() })],
    [2, "POST", "runs/restore", () => ({ run_id: run() })],
    [8, "POST", "runs/log-metric", () => ({ run_id: run(), ...metric() })],
    [6, "POST", "runs/log-parameter", () => ({ run_id: run(), ...tag() })],
    [4, "POST", "runs/set-tag", () => ({ run_id: run(), ...tag() })],
    [3, "POST", "runs/delete-tag", () => ({ run_id: run(), key: key() })],
    [
      6,
      "POST",
      "runs/log-batch",
      () => ({ run_id: run(), metrics: some(metric), params: some(tag), tags: some(tag) }),
    ],
    [
      18,
      "POST",
      "runs/search",
      () => ({
        experiment_ids: known.experiments,
        ...query("runs"),
        run_view_type: pick(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]),
      }),
    ],
    [5, "GET", "metrics/get-history", () => ({ run_id: run(), metric_key: key(), max_results: 100 })],
    [
      3,
      "POST",
      "runs/log-inputs",
      () => ({
        run_id: run(),
        datasets: [
          {
            dataset: { name: pick(["a", "B"]), digest: pick(["a", "c"]), source_type: "local", source: "{}" },
            tags: firstTags(),
          },
        ],
      }),
    ],
    [2, "POST", "experiments/search-datasets", () => ({ experiment_ids: [experiment()] })],
    [
      3,
      "POST",
      "logged-models",
      () => ({
        experiment_id: experiment(),
        name: pick(["lm", "lm.2", "a/b"]),
        params: firstTags(),
        tags: firstTags(),
      }),
    ],
    [2, "GET", `logged-models/{model}`, () => ({})],
    [2, "PATCH", `logged-models/{model}/tags`, () => ({ tags: firstTags() })],
    [
      3,
      "POST",
      "registered-models/create",
      () => ({ name: modelName(), description: value(), tags: firstTags() }),
    ],
    [2, "GET", "registered-models/get", () => ({ name: modelName() })],
    [1, "PATCH", "registered-models/update", () => ({ name: modelName(), description: value() })],
    [1, "DELETE", "registered-models/delete", () => ({ name: pick(["absent", "M-3"]) })],
    [2, "POST", "registered-models/set-tag", () => ({ name: modelName(), ...tag() })],
    [1, "DELETE", "registered-models/delete-tag", () => ({ name: modelName(), key: key() })],
    [4, "GET", "registered-models/search", () => query("models")],
    [
      2,
      "POST",
      "registered-models/alias",
      () => ({
        name: modelName(),
        alias: pick(["champion", "latest", "v1", "a b"]),
        version: pick(["1", "2", "99"]),
      }),
    ],
    [
      2,
      "GET",
      "registered-models/alias",
      () => ({ name: modelName(), alias: pick(["champion", "latest", "absent"]) }),
    ],
    [1, "DELETE", "registered-models/alias", () => ({ name: modelName(), alias: "champion" })],
    [
      1,
      "POST",
      "registered-models/get-latest-versions",
      () => ({ name: modelName(), stages: pick([[], ["None"], ["production"]]) }),
    ],
    [5, "POST", "model-versions/create", () => ({ name: modelName(), ...source(), tags: firstTags() })],
    [2, "GET", "model-versions/get", () => ({ name: modelName(), version: pick(["1", "2", "99", "x"]) })],
    [2, "POST", "model-versions/set-tag", () => ({ name: modelName(), version: pick(["1", "2"]), ...tag() })],
    [1, "PATCH", "model-versions/update", () => ({ name: modelName(), version: "1", description: value() })],
    [
      1,
      "POST",
      "model-versions/transition-stage",
      () => ({
        name: modelName(),
        version: pick(["1", "2"]),
        stage: pick(["Staging", "production", "x"]),
        archive_existing_versions: percent(50),
      }),
    ],
    [1, "DELETE", "model-versions/delete", () => ({ name: modelName(), version: "2" })],
    [4, "GET", "model-versions/search", () => query("versions")],
    [2, "GET", "artifacts/list", () => ({ run_id: run(), path: pick(["", "model", "absent", "../x"]) })],
    [1, "POST", "no/such/route", () => ({})],
  ];
  const wheel = wheelOf(moves);

  function upload(): Question {
    const { id, experiment: of } = pick(known.runs);
    const path = `/api/2.0/mlflow-artifacts/artifacts/${of}/${id}/artifacts/model/${pick(["MLmodel", "a.txt"])}`;
    return { method: "PUT", path, headers: {}, body: Buffer.from(pick(["a", "bb"])) };
  }

  return {
    next() {
      if (known.runs.length > 0 && percent(4)) return upload();
      const [, method, path, fields] = pick(wheel);
      return ask(
        method,
        `${path.endsWith("search-datasets") ? "/ajax-api" : "/api"}/2.0/mlflow/${path.replace("{model}", loggedModel())}`,
        spoil(random, fields(), method === "GET"),
      );
    },
    hear({ question, ours }) {
      if (ours.status !== 200) return;
      const experimentId = textAt(ours.json, "experiment_id");
      if (question.path.endsWith("experiments/create") && experimentId !== undefined)
        known.experiments.push(experimentId);
      const info = Reflect.get(Object(Reflect.get(Object(ours.json), "run")), "info");
      const id = textAt(info, "run_id");
      const of = textAt(info, "experiment_id");
      if (question.path.endsWith("runs/create") && id !== undefined && of !== undefined)
        known.runs.push({ id, experiment: of });
      const modelId = textAt(
        Reflect.get(Object(Reflect.get(Object(ours.json), "model")), "info"),
        "model_id",
      );
      if (question.path.endsWith("logged-models") && modelId !== undefined) known.loggedModels.push(modelId);
    },
  };
}
