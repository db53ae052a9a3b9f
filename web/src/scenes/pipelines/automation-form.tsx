import type { UseMutationResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { linesOf } from "./automation-words.ts";
import { readParameters, writeParameters } from "./parameters-text.ts";
import { Refused } from "./refused.tsx";

/** The dialog of a schedule, a trigger or a backfill: its own fields, what it runs, and the order it gives. */
export function AutomationForm<Answer>({
  title,
  verb,
  scope,
  isReady,
  order,
  isSaidAtField = false,
  onClose,
  onDone,
  children,
}: AutomationFormProps<Answer>) {
  const mayAsk = isReady && scope.problem === undefined;
  const ask = () =>
    order.mutate(undefined, {
      onSuccess: (answer) => {
        onClose();
        onDone?.(answer);
      },
    });
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <Button
          look="primary"
          disabled={!mayAsk}
          busy={order.isPending}
          onClick={() => {
            if (mayAsk) ask();
          }}
        >
          {verb}
        </Button>
      }
    >
      <div className="space-y-4">
        {children}
        <TextField
          label="Targets"
          hint="Names of stages, one a line. Empty: the whole pipeline."
          rows={2}
          value={scope.targetsText}
          onChange={(event) => scope.setTargetsText(event.target.value)}
        />
        <TextField
          label="Parameters"
          hint="name=value, one a line, as in train.c=2"
          problem={scope.problem}
          rows={2}
          value={scope.parametersText}
          onChange={(event) => scope.setParametersText(event.target.value)}
        />
        {!isSaidAtField && <Refused problem={order.error} />}
      </div>
    </Dialog>
  );
}

export interface AutomationFormProps<Answer> {
  title: string;
  /** What the button says. */
  verb: string;
  scope: Scope;
  /** Whether its own fields are filled. */
  isReady: boolean;
  order: UseMutationResult<Answer, Error, unknown>;
  /** The refusal stands at the field that caused it. */
  isSaidAtField?: boolean;
  onClose: () => void;
  onDone?: (answer: Answer) => void;
  children: ReactNode;
}

/** What of the pipeline an automation runs, with which parameters, as it is being written. */
export interface Scope {
  targets: string[];
  parameters: Record<string, unknown>;
  problem: string | undefined;
  targetsText: string;
  parametersText: string;
  setTargetsText: (text: string) => void;
  setParametersText: (text: string) => void;
}

export function useScope(before?: {
  targets: readonly string[];
  parameters: Readonly<Record<string, unknown>>;
}): Scope {
  const [targetsText, setTargetsText] = useState(before?.targets.join("\n") ?? "");
  const [parametersText, setParametersText] = useState(writeParameters(before?.parameters ?? {}));
  const { parameters, problem } = readParameters(parametersText);
  return {
    targets: linesOf(targetsText),
    parameters,
    problem,
    targetsText,
    parametersText,
    setTargetsText,
    setParametersText,
  };
}
