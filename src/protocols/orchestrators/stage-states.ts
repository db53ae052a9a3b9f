/** How the states of one stage reach it. */
export interface StageStates {
  /** The address of the project's executions. */
  readonly endpoint: string;
  readonly connection: string;
  /** Its name, or an expression in braces that gives it. */
  readonly stage: string;
  /** An expression that gives its part of the key. */
  readonly key: string;
}

/**
 * Begins a stage and looks until it has ended. An HTTP task may take 60 seconds, so each look waits 45 at the
 * server. All events of a machine's run together may be 25,000, of which a look takes nine: so the pause
 * after it grows, by 5 seconds up to 10 minutes, and an hour takes some thirty looks instead of eighty.
 */
export function stageStates(name: string, { endpoint, connection, stage, key }: StageStates): object {
  const [start, look, decide, pause, fail, done] = [
    `Start ${name}`,
    `Await ${name}`,
    `Decide ${name}`,
    `Pause ${name}`,
    `Fail ${name}`,
    `Done ${name}`,
  ] as const;
  const task = { Type: "Task", Resource: "arn:aws:states:::http:invoke" };
  const authentication = { Authentication: { ConnectionArn: connection } };
  return {
    StartAt: start,
    States: {
      [start]: {
        ...task,
        Arguments: {
          ApiEndpoint: endpoint,
          Method: "POST",
          ...authentication,
          Headers: {
            "Content-Type": "application/json",
            Prefer: "return=minimal",
            "Idempotency-Key": keyOf(key),
          },
          RequestBody: {
            targets: [stage],
            parameters:
              "{% $exists($states.context.Execution.Input.parameters) ? $states.context.Execution.Input.parameters : {} %}",
            reason: "{% 'asked for by Step Functions, ' & $states.context.Execution.Name %}",
          },
        },
        Output: resultAfter("0"),
        Retry: retry,
        Next: look,
      },
      [look]: {
        ...task,
        Arguments: {
          ApiEndpoint: `{% ${jsonataText(`${endpoint}/`)} & $states.input.execution %}`,
          Method: "GET",
          ...authentication,
          Headers: { Prefer: "return=minimal" },
          QueryParameters: { waitSeconds: "45" },
        },
        Output: resultAfter("$states.input.looks + 1"),
        Retry: retry,
        Next: decide,
      },
      [decide]: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $states.input.state = 'succeeded' %}", Next: done },
          { Condition: "{% $states.input.state in ['queued', 'running'] %}", Next: pause },
        ],
        Default: fail,
      },
      [pause]: { Type: "Wait", Seconds: "{% $min([600, 5 * $states.input.looks]) %}", Next: look },
      [fail]: {
        Type: "Fail",
        Error: "GyreStageFailed",
        Cause:
          "{% $exists($states.input.failure.message) ? $states.input.failure.message & ' ' & $states.input.failure.next : 'The execution ' & $states.input.execution & ' was cancelled.' %}",
      },
      // What a state gives may have 256 kB: of very many stages little each.
      [done]: { Type: "Succeed", Output: "{% $states.input.execution %}" },
    },
  };
}

/** A text as JSONata writes it, which has the escapes of JSON and none for an apostrophe. */
export function jsonataText(text: string): string {
  return JSON.stringify(text);
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
    // The specification has a fraction here, and its own linter refuses a whole number.
    BackoffRate: 1.5,
    MaxDelaySeconds: 60,
    MaxAttempts: 15,
    JitterStrategy: "FULL",
  },
];

function resultAfter(looks: string): string {
  const body = "$states.result.ResponseBody";
  return `{% {'execution': ${body}.id, 'state': ${body}.state, 'failure': ${body}.failure, 'looks': ${looks}} %}`;
}

/** The same through every retry of a task; another one when a person has the machine go on after a failure. */
function keyOf(stage: string): string {
  const redriven =
    "($exists($states.context.Execution.RedriveCount) ? $string($states.context.Execution.RedriveCount) : '0')";
  const name = "$encodeUrlComponent($states.context.Execution.Name)";
  return `{% 'step-functions:' & ${name} & ':' & ${stage} & ':' & ${redriven} %}`;
}
