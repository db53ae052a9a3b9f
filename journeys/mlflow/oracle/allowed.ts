import type { Difference } from "./compare.ts";

interface Reason {
  /** Of `POST runs/search: runs.0.info.status`. */
  readonly where: RegExp;
  readonly ours?: RegExp;
  readonly theirs?: RegExp;
  readonly why: string;
}

/** Where we differ on purpose. Each reason is one a reader may dispute, so it is written down. */
export const reasons: readonly Reason[] = [
  {
    where: /: status$/,
    theirs: /^5\d\d /,
    ours: /^4\d\d /,
    why: "Their server fails where a request is wrong. We refuse it: clients would repeat a 5xx for minutes.",
  },
  {
    where: /: (status|error_code)$/,
    theirs: /\(sqlite3\.\w+\)|\[SQL: /,
    why: "Their database refuses what nothing checked before, and the answer shows the statement.",
  },
  {
    where: /no\/such\/route: (status|error_code)$/,
    ours: /ENDPOINT_NOT_FOUND/,
    why: "An unknown route answers in JSON, so that a client can print it.",
  },
  {
    where: /\.workspace$/,
    theirs: /^default$/,
    why: "There are no workspaces here: projects own experiments and models.",
  },
  {
    where: /^POST experiments\/(restore|delete): status$/,
    theirs: /^404 .*No Experiment with id=/,
    ours: /already in the '(active|deleted)' state/,
    why: "They say that there is no such experiment; we say that it is already so.",
  },
  {
    where: /^GET metrics\/get-history: status$/,
    theirs: /^200 /,
    ours: /^404 .*Run with id=/,
    why: "A run that was never there has no history: a typing mistake must not look like an empty metric.",
  },
  {
    where: /: (status|message)$/,
    ours: /Read as a path, this name would resolve|Names may only contain/,
    theirs: /^200 /,
    why: "A name is checked wherever it is written, also where a run begins.",
  },
  {
    where: /: status$/,
    ours: /it must be a whole number|Invalid input/,
    theirs: /^200 /,
    why: "They cut a fraction off and take a truth value for a number; a timestamp of 1.5 is somebody's mistake.",
  },
  {
    where: /model_versions?(\.\d+)?\.user_id$|latest_versions\.\d+\.user_id$/,
    theirs: /^absent$/,
    why: "Who registered a version is known here.",
  },
  {
    where: /: status$/,
    ours: /^404 .*Registered Model with name=.* not found/,
    theirs: /^400 .*Invalid model name/,
    why: "No model can have such a name, so none is found.",
  },
  {
    where: /^POST runs\/log-(batch|inputs): status$/,
    ours: /^404 .*Run with id=.* not found/,
    theirs: /^400 .*for parameter 'run_id' supplied/,
    why: "Their calls do not agree on whether a malformed id is a wrong value or no run; ours do.",
  },
  {
    where: /: status$/,
    ours: /^404 /,
    theirs: /^400 .*(exceeds the maximum length|Invalid path|Names may|Duplicate parameter)/,
    why: "Of two mistakes, we name first that the thing is not there.",
  },
  {
    where: /\/search: status$/,
    ours: /Invalid clause\(s\) in filter string: ''/,
    theirs: /^200 /,
    why: "A filter that ends in AND was cut off somewhere; to answer it would hide that.",
  },
  {
    where: /: message$/,
    ours: /Missing value for required parameter/,
    theirs: /Missing value for required parameter/,
    why: "Of several fields that are missing, each server names one.",
  },
  {
    where: /(model_versions?|latest_versions)(\.\d+)?\.(aliases|model_id)$/,
    theirs: /^absent$/,
    why: "A version tells its aliases and its logged model wherever it is shown.",
  },
  {
    where: /^GET model-versions\/get-download-uri: artifact_uri$/,
    ours: /^mlflow-artifacts:\/registered\/mv_/,
    why: "A registered version has files of its own, which stay when the run's are deleted.",
  },
  {
    where: /^\w+ registered\/mv_… \w+: /,
    why: "A question about such a file: theirs has no such address.",
  },
  {
    where: /^GET mlflow-artifacts\/artifacts: files\.\d+\.file_size$/,
    ours: /^0$/,
    theirs: /^absent$/,
    why: "An empty file has a size, which is nought.",
  },
  {
    where: /^GET \/version: bytes$/,
    why: "Each server tells the version that it speaks as.",
  },
  {
    where: /^POST traces: trace\.trace_info\.tags\./,
    theirs: /^absent$/,
    why: "Whoever records a trace is told all its tags, those too that came before the rest of it.",
  },
  {
    where: /^GET server-info: /,
    theirs: /./,
    why: "Each server tells what it has beyond the routes of every MLflow.",
  },
  {
    where: /^POST runs\/search: runs$/,
    theirs: /"value":"NaN"/,
    why: "They keep 0 for NaN and compare that; here a metric that is no number meets no comparison.",
  },
  {
    where: /^POST experiments\/search: experiments$/,
    ours: /"name":"Default"/,
    theirs: /^absent$/,
    why: "The first experiment is as old as time here, and as old as its server there.",
  },
  {
    where: /^POST experiments\/search: experiments$/,
    theirs: /"name":"Default"/,
    why: "The first experiment is as old as time here, and as old as its server there.",
  },
  {
    where: /^PATCH logged-models\/\{id\}\/tags: model$/,
    theirs: /^absent$/,
    why: "Whoever sets a tag of a logged model is told what the model is now; clients read nothing there.",
  },
  {
    where: /^POST experiments\/search-datasets: status$/,
    ours: /^200 /,
    theirs: /Invalid experiment ID/,
    why: "What is no experiment has no data sets: asked for many at once, the others are answered.",
  },
  {
    where: /^GET traces\/(get|batchGet): status$/,
    ours: /^200 /,
    theirs: /^500 .*Trace data not stored in tracking store/,
    why: "Their server fails where no span of a trace has come yet; we give what there is of it.",
  },
  {
    where: /^POST traces\/link-to-run: status$/,
    ours: /^404 .*Run with id=/,
    theirs: /^200 /,
    why: "A link to a run that was never there is somebody's mistake.",
  },
  {
    where: /^(POST traces\/search|GET traces): next_page_token$/,
    ours: /^absent$/,
    why: "A page that is full and the last has no token here; theirs leads to an empty page.",
  },
  {
    where: /^DELETE traces\/\S+\/assessments\/\{id\}: status$/,
    ours: /^404 .*Trace with ID/,
    theirs: /^200 /,
    why: "A trace that is not there has no assessments to delete: the id is somebody's mistake.",
  },
  {
    where: /assessments?(\.\d+)?\.rationale$/,
    theirs: /^absent$/,
    why: "Theirs forgets why an expectation is one.",
  },
  {
    where: /: message$/,
    ours: /Invalid value/,
    theirs: /Hint: Value was of type/,
    why: "Of several fields, each server names the first it finds wrong.",
  },
];

/** Why a difference is one we want; undefined when it has no reason. */
export function reasonToDiffer({ where, ours, theirs }: Difference): string | undefined {
  const show = (value: unknown): string =>
    typeof value === "string" ? value : (JSON.stringify(value) ?? "absent");
  return reasons.find(
    (reason) =>
      reason.where.test(where) &&
      (reason.ours?.test(show(ours)) ?? true) &&
      (reason.theirs?.test(show(theirs)) ?? true),
  )?.why;
}
