import type { ExportedFile, ExportedPipeline, ExportedStage } from "./entities.ts";
import { levelsOf } from "./levels.ts";

/** What stands for the connection that holds the token, until the deployment fills it in. */
export const connectionPlaceholder = "${GyreConnectionArn}";

/**
 * A state machine in the Amazon States Language, with JSONata. An HTTP task may take 60 seconds, so each
 * look waits 45 at the server. The token is that of an EventBridge connection.
 */
export function toStepFunctions(
  { project, url, stages }: ExportedPipeline,
  connection: string = connectionPlaceholder,
): ExportedFile {
  const levels = levelsOf(stages);
  const nameOf = (index: number): string => `Level ${index + 1}`;
  const endpoint = `${url}/api/v1/projects/${encodeURIComponent(project)}/executions`;
  const states = levels.map((level, index) => [
    nameOf(index),
    {
      Type: "Parallel",
      Branches: level.map((stage) => branchOf(stage, endpoint, connection)),
      ...(index + 1 < levels.length ? { Next: nameOf(index + 1) } : { End: true }),
    },
  ]);
  const machine = {
    Comment: `The pipeline of ${project}: each branch runs a stage at Gyre and waits for its end. Made by: gyre export step-functions. The input may set parameters: {"parameters": {"train.alpha": 0.2}}.`,
    QueryLanguage: "JSONata",
    StartAt: nameOf(0),
    States: Object.fromEntries(states),
  };
  return { file: `${project}.asl.json`, text: `${JSON.stringify(machine, null, 2)}\n` };
}

const retry = [
  {
    ErrorEquals: [
      "States.Http.StatusCode.429",
      "States.Http.StatusCode.500",
      "States.Http.StatusCode.502",
      "States.Http.StatusCode.503",
      "States.Http.StatusCode.504",
      "States.Http.Socket",
      "States.Timeout",
    ],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxDelaySeconds: 60,
    MaxAttempts: 12,
    JitterStrategy: "FULL",
  },
];

function branchOf({ name, description }: ExportedStage, endpoint: string, connection: string): object {
  const [start, look, decide, fail, done] = ["Start", "Await", "Decide", "Fail", "Done"].map((verb) =>
    `${verb} ${name}`.slice(0, 80),
  );
  const common = { Authentication: { ConnectionArn: connection } };
  const invoke = "arn:aws:states:::http:invoke";
  const result =
    "{% {'execution': $states.result.ResponseBody.id, 'state': $states.result.ResponseBody.state, 'failure': $states.result.ResponseBody.failure} %}";
  return {
    ...(description === null ? {} : { Comment: description }),
    StartAt: start,
    States: {
      [String(start)]: {
        Type: "Task",
        Resource: invoke,
        Arguments: {
          ApiEndpoint: endpoint,
          Method: "POST",
          ...common,
          Headers: {
            "Content-Type": "application/json",
            Prefer: "return=minimal",
            "Idempotency-Key": keyOf(name),
          },
          RequestBody: {
            targets: [name],
            parameters:
              "{% $exists($states.context.Execution.Input.parameters) ? $states.context.Execution.Input.parameters : {} %}",
            reason: "{% 'asked for by Step Functions, ' & $states.context.Execution.Name %}",
          },
        },
        Output: result,
        Retry: retry,
        Next: look,
      },
      [String(look)]: {
        Type: "Task",
        Resource: invoke,
        Arguments: {
          ApiEndpoint: `{% ${jsonataText(`${endpoint}/`)} & $states.input.execution %}`,
          Method: "GET",
          ...common,
          Headers: { Prefer: "return=minimal" },
          QueryParameters: { waitSeconds: "45" },
        },
        Output: result,
        Retry: retry,
        Next: decide,
      },
      [String(decide)]: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $states.input.state = 'succeeded' %}", Next: done },
          { Condition: "{% $states.input.state in ['queued', 'running'] %}", Next: look },
        ],
        Default: fail,
      },
      [String(fail)]: {
        Type: "Fail",
        Error: "GyreStageFailed",
        Cause:
          "{% $exists($states.input.failure.message) ? $states.input.failure.message & ' ' & $states.input.failure.next : 'The execution ' & $states.input.execution & ' was cancelled.' %}",
      },
      [String(done)]: { Type: "Succeed" },
    },
  };
}

/** The same through every retry of a task; another one when a person has the machine go on after a failure. */
function keyOf(stage: string): string {
  const redriven =
    "($exists($states.context.Execution.RedriveCount) ? $string($states.context.Execution.RedriveCount) : '0')";
  return `{% 'step-functions:' & $states.context.Execution.Name & ':' & ${jsonataText(stage)} & ':' & ${redriven} %}`;
}

function jsonataText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
