import { Problem, defineProblems } from "#kernel/errors";

import type { Release } from "./index.ts";

export const problems = defineProblems({
  release_not_found: {
    kind: "not_found",
    when: "A release is named that does not exist.",
    next: "List the releases with `gyre releases`.",
  },
  release_under_way: {
    kind: "conflict",
    when: "A release is asked for while another one of the same project is being rolled out.",
    next: "Wait until it is live, or end it with `gyre rollback`.",
  },
  release_not_waiting: {
    kind: "conflict",
    when: "A release is approved or declined that does not wait for it.",
    next: "Look at its state with `gyre releases`.",
  },
  release_version_unknown: {
    kind: "not_found",
    when: "A release is asked for a model version that the project does not have.",
    next: "List its versions with `gyre models`.",
  },
  version_not_ready: {
    kind: "conflict",
    when: "A release is asked for a model version that was rejected at registration.",
    next: "Read why on the version's page, mend it and register a new version.",
  },
  version_not_runnable: {
    kind: "conflict",
    when: "A release is asked for a version that nothing here can run or judge.",
    next: "Let the project's pipeline leave the model at `model.path` with `model.export: onnx`; it is then registered, converted and judged.",
  },
  gates_failed: {
    kind: "forbidden",
    when: "A release is refused because gates of the charter failed.",
    next: "Read which gate failed and by how much; train a better version, or release with a named exception.",
  },
  approval_by_author: {
    kind: "forbidden",
    when: "The author of a version, or whoever asked for its release, tries to approve it.",
    next: "Ask another person with the role approver or owner to run `gyre approve`.",
  },
  nothing_to_roll_back: {
    kind: "conflict",
    when: "A rollback is asked for and there is no earlier release to go back to.",
    next: "Release another version; the baseline is always a safe one.",
  },
  environment_unknown: {
    kind: "invalid",
    when: "A release is asked for an environment that the charter does not name.",
    next: "Name one of `delivery.environments` in gyre.yaml, or add it there.",
  },
  nothing_to_decide: {
    kind: "invalid",
    when: "A release is judged of a project whose charter names no positive class.",
    next: "Add `objective.positive` to gyre.yaml: the class the decision is about.",
  },
  holdout_unusable: {
    kind: "failed",
    when: "A candidate cannot be judged because its held-out rows are missing, empty or lack the target column.",
    next: "Make the pipeline write the file that `model.holdout` in gyre.yaml names, with the target column.",
  },
});

export function releaseNotFound(id: string, project?: string): Problem {
  const place = project === undefined ? "" : ` in ${project}`;
  return new Problem(problems.release_not_found, { message: `There is no release ${id}${place}.` });
}

export function underWay(rolling: Release): Problem {
  return new Problem(problems.release_under_way, {
    message: `Version ${rolling.number} of ${rolling.model} is being rolled out to ${rolling.environment} (${rolling.id}).`,
  });
}

export function notWaiting(release: Release): Problem {
  return new Problem(problems.release_not_waiting, {
    message: `Release ${release.id} is ${release.state.replaceAll("_", " ")}; it does not wait for an answer.`,
  });
}

export function nothingToRollBack(what: string): Problem {
  return new Problem(problems.nothing_to_roll_back, {
    message: `There is no earlier release behind ${what}.`,
  });
}

export function unusableHoldout(release: Release): Problem {
  return new Problem(problems.holdout_unusable, {
    message: `Version ${release.number} of ${release.model} cannot be judged: its held-out rows are empty or lack the target.`,
  });
}
