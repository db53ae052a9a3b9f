/** What each scenario must see, in the words its file tells it in. */
export const expectations: Readonly<Record<string, unknown>> = {
  fluent: {
    run: ["FINISHED", "parent", "active", true],
    params: { depth: "3", rate: "0.1" },
    metrics: { high: "1.7976931348623157e+308", loss: "0.1", odd: "nan", slope: "-9.0" },
    tags: { purpose: "journey", "mlflow.note.content": "by hand", "mlflow.runName": "parent" },
    history: [
      [-1, 1],
      [0, 1],
      [1, 0.5],
    ],
    artifacts: {
      ".": [
        ["files", true, null],
        ["notes", true, null],
        ["table.json", false, '{"columns":["text","score"],"data":[["x",1],["y",2]]}'.length],
      ],
      files: [
        ["files/a.txt", false, 1],
        ["files/empty and ü", true, null],
        ["files/none", false, 0],
      ],
      "files/empty and ü": [["files/empty and ü/ß (1).txt", false, 1]],
      notes: [
        ["notes/data.json", false, '{\n  "a": [\n    1,\n    2\n  ]\n}'.length],
        ["notes/hello.txt", false, "hello".length],
      ],
    },
    downloaded: [
      ["a.txt", "a"],
      ["empty and ü/ß (1).txt", "b"],
      ["none", ""],
    ],
    dict: { a: [1, 2] },
    table: { text: ["x", "y"], score: [1, 2] },
    inputs: [
      ["points", "code", [["kind", "raw"]]],
      ["train", "s3", [["mlflow.data.context", "training"]]],
    ],
    source: "s3://bucket/t.csv",
    child: true,
    children: ["child"],
    experiment: "care",
    verbs: {
      states: ["SCHEDULED", "FAILED", "deleted", "deleted", "deleted", "verbs again"],
      name: "second",
      times: [1_000, 3_000],
      metrics: { m: 0.25 },
      // Sent twice, the first point is there once.
      history: [
        ["m", 1.5, 2_000, 0],
        ["m", 0.5, 2_001, 1],
        ["m", 0.25, 2_002, 2],
      ],
      params: { p: 1, q: 6_000 },
      tags: { t: "y" },
      deleted: [true],
    },
    refused: {
      "another value of a parameter": "INVALID_PARAMETER_VALUE",
      "a run nobody made": "RESOURCE_DOES_NOT_EXIST",
      "an experiment's name again": "RESOURCE_ALREADY_EXISTS",
      "an experiment nobody made": "RESOURCE_DOES_NOT_EXIST",
      "a metric's name with a way out": "INVALID_PARAMETER_VALUE",
      "a filter with OR": "INVALID_PARAMETER_VALUE",
      "a tag that is not there": "RESOURCE_DOES_NOT_EXIST",
    },
  },
  search: {
    wrong: {},
    views: ["five four one two", "three", "five four one three two"],
    pages: ["five four one", "two"],
    frame: [1, 2],
  },
  learning: {
    sklearn: {
      params: "500",
      metrics: [
        "LogisticRegression_score_unknown_dataset",
        "training_accuracy_score",
        "training_f1_score",
        "training_log_loss",
        "training_precision_score",
        "training_recall_score",
        "training_roc_auc",
        "training_score",
      ],
      inputs: [["train"]],
      predicts: true,
      signature: true,
    },
    // Of three parameters tried, the two best become runs of their own.
    grid: { best: "10.0", children: 2 },
    lightgbm: {
      curve: 8,
      artifacts: [
        "feature_importance_gain.json",
        "feature_importance_gain.png",
        "feature_importance_split.json",
        "feature_importance_split.png",
      ],
      predicts: true,
    },
  },
  machine: { measured: [true, true], several: true },
  registry: {
    versions: [
      ["iris", "1", "READY"],
      ["iris", "2", "READY"],
    ],
    loaded: [true, true, true, true, true],
    moved: true,
    model: ["Species of iris flowers.", { owner: "ada" }, { challenger: "2", champion: "2" }],
    first: [{ strength: "0.1", checked: "yes" }, [], "None"],
    second: ["The second.", ["challenger", "champion"], "Staging"],
    latest: [
      ["1", "None"],
      ["2", "Staging"],
    ],
    files: true,
    renamed: "2",
    refused: {
      "a version that was deleted": "RESOURCE_DOES_NOT_EXIST",
      "an alias nobody set": "INVALID_PARAMETER_VALUE",
      "a model by its old name": "RESOURCE_DOES_NOT_EXIST",
      "a reserved alias": "INVALID_PARAMETER_VALUE",
      "a name that is taken": "RESOURCE_ALREADY_EXISTS",
      "a source outside": "INVALID_PARAMETER_VALUE",
    },
    deleted: "RESOURCE_DOES_NOT_EXIST",
  },
  serving: { dataframe_split: true, dataframe_records: true, inputs: true },
};
