import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Choice, Field, TextField } from "../../components/field.tsx";
import { startVerification, type Verification } from "../../data/verifications.ts";
import { useOrder } from "../../shell/use-order.ts";
import { linesOf } from "./automation-words.ts";
import { Refused } from "./refused.tsx";

/** Begins a verification: of which stages, and whether of all of them or of some chosen by chance. */
export function VerificationForm({ project, stages, onClose, onStarted }: VerificationFormProps) {
  const [targetsText, setTargetsText] = useState(stages.join("\n"));
  const [reach, setReach] = useState<string>(stages.length > 0 ? "alone" : "with");
  const [sampleText, setSampleText] = useState("");
  const [seedText, setSeedText] = useState("");
  const targets = linesOf(targetsText);
  const sample = countIn(sampleText, 1);
  const seed = countIn(seedText, 0);
  const order = useOrder(
    () =>
      startVerification(project, {
        targets,
        ...(targets.length > 0 && reach === "alone" ? { alone: true } : {}),
        ...(typeof sample === "number" ? { sample } : {}),
        ...(typeof seed === "number" ? { seed } : {}),
      }),
    "The verification has begun.",
  );
  const isReady = sample !== "wrong" && seed !== "wrong";
  return (
    <Dialog
      open
      onClose={onClose}
      title="New verification"
      actions={
        <Button
          look="primary"
          disabled={!isReady}
          busy={order.isPending}
          onClick={() => {
            if (isReady) order.mutate(undefined, { onSuccess: onStarted });
          }}
        >
          Begin
        </Button>
      }
    >
      <div className="space-y-4">
        <p className="text-soft">
          Cached steps are run again in folders of their own and their outs compared byte by byte. Results,
          runs and executions stay as they are.
        </p>
        <TextField
          label="Stages"
          hint="Names of stages, one a line. Empty: the whole pipeline."
          rows={2}
          value={targetsText}
          onChange={(event) => setTargetsText(event.target.value)}
        />
        {targets.length > 0 && (
          <Choice
            label="Run again"
            value={reach}
            onChange={setReach}
            options={[
              { value: "alone", label: "these stages alone" },
              { value: "with", label: "these and all they depend on" },
            ]}
          />
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Sample"
            hint="So many of them, chosen by chance. Empty: all."
            inputMode="numeric"
            value={sampleText}
            problem={sample === "wrong" ? "Write a whole number from 1, or nothing." : undefined}
            onChange={(event) => setSampleText(event.target.value)}
          />
          <Field
            label="Seed"
            hint="The same seed chooses the same stages. Empty: 1."
            inputMode="numeric"
            value={seedText}
            problem={seed === "wrong" ? "Write a whole number, or nothing." : undefined}
            onChange={(event) => setSeedText(event.target.value)}
          />
        </div>
        <Refused problem={order.error} />
      </div>
    </Dialog>
  );
}

/** A whole number of at least `least`; undefined when nothing was written. */
function countIn(text: string, least: number): number | "wrong" | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= least ? value : "wrong";
}

export interface VerificationFormProps {
  project: string;
  /** What it begins with; may be changed in the form. */
  stages: readonly string[];
  onClose: () => void;
  onStarted: (verification: Verification) => void;
}
