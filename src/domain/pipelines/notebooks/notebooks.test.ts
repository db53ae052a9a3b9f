import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { notebookCommand } from "./command.ts";
import { failedCellIn, failedCellOf } from "./failed-cell.ts";

describe("a command that executes a notebook", () => {
  for (const [command, notebook, result] of [
    ["papermill a.ipynb out/b.ipynb -p alpha 0.1 -p name 'x y'", "a.ipynb", "out/b.ipynb"],
    [
      "papermill -p a 1 --log-output -f params.yaml 'in put.ipynb' b.ipynb -k python3",
      "in put.ipynb",
      "b.ipynb",
    ],
    ["TZ=UTC python3 -m papermill a.ipynb b.ipynb > log.txt", "a.ipynb", "b.ipynb"],
    ["papermill a.ipynb", "a.ipynb", null],
    ["jupyter nbconvert --execute --to notebook n/a.ipynb", "n/a.ipynb", "n/a.nbconvert.ipynb"],
    ["jupyter nbconvert --to notebook --execute a.ipynb --output b", "a.ipynb", "b.ipynb"],
    ["jupyter nbconvert --execute --inplace a.ipynb", "a.ipynb", "a.ipynb"],
    ["jupyter nbconvert a.ipynb --execute --to=html --output-dir=out", "a.ipynb", "out/a.html"],
    ["jupyter execute a.ipynb --output={notebook_name}-done.ipynb", "a.ipynb", "a-done.ipynb"],
    ["jupyter execute a.ipynb", "a.ipynb", null],
  ] as const) {
    it(`is ${command}`, () => {
      const found = notebookCommand(command);
      assert.deepEqual([found?.notebook, found?.result], [notebook, result]);
    });
  }

  for (const command of [
    "python train.py",
    "jupyter nbconvert --to html a.ipynb",
    "echo papermill a.ipynb",
    "",
    "'",
    "papermill",
  ]) {
    it(`is not ${JSON.stringify(command)}`, () => assert.equal(notebookCommand(command), undefined));
  }
});

describe("the cell that failed", () => {
  it("is read from the notebook, without the colours of its traceback", () => {
    const cell = {
      cell_type: "code",
      execution_count: 3,
      source: ["x = 0\n", "1 / x"],
      outputs: [
        {
          output_type: "error",
          ename: "ZeroDivisionError",
          evalue: "division by zero",
          traceback: ["\u001b[31mTraceback\u001b[0m", "boom"],
        },
      ],
    };
    const content = JSON.stringify({ cells: [{ cell_type: "markdown", source: "# t" }, cell] });
    assert.deepEqual(failedCellOf(content), {
      label: "In [3]",
      error: "ZeroDivisionError: division by zero",
      lines: ["x = 0", "1 / x", "", "Traceback", "boom"],
    });
    assert.deepEqual(
      [failedCellOf('{"cells": []}'), failedCellOf("{"), failedCellOf("[]")],
      [undefined, undefined, undefined],
    );
  });

  it("is not found where nothing was printed of it", () => {
    assert.equal(failedCellIn(["all well", "-------------------"]), undefined);
  });
});
