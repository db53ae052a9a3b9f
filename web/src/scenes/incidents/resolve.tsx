import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { resolveIncident, type IncidentVerdict } from "../../data/incidents.ts";
import { useOrder } from "../../shell/use-order.ts";
import { useRefusal } from "../../shell/who.ts";

const verdicts: readonly { value: IncidentVerdict; label: string; hint: string }[] = [
  { value: "useful", label: "A real problem", hint: "The alarm was worth its disturbance." },
  { value: "expected", label: "Expected", hint: "Something we knew of, such as a campaign." },
  { value: "noise", label: "Nothing", hint: "A false alarm; counted against the promise in the charter." },
];

/** Closes an incident with a judgement, which is how the monitors are held to account. */
export function Resolve({ project, incident }: { project: string; incident: string }) {
  const refusal = useRefusal(project, "deployment:write");
  const [open, setOpen] = useState(false);
  const [verdict, setVerdict] = useState<IncidentVerdict>("useful");
  const [note, setNote] = useState("");
  const order = useOrder(async () => {
    await resolveIncident(project, incident, { verdict, note });
    setOpen(false);
  }, "The incident is resolved.");
  return (
    <>
      <Button look="primary" icon="check" refused={refusal} onClick={() => setOpen(true)}>
        Resolve
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title="Resolve this incident"
        actions={
          <>
            <Button look="quiet" onClick={() => setOpen(false)}>
              Not now
            </Button>
            <Button look="primary" busy={order.isPending} onClick={() => order.mutate(undefined)}>
              Resolve
            </Button>
          </>
        }
      >
        <fieldset className="mb-4 space-y-2">
          <legend className="mb-2 text-sm font-medium">What was it?</legend>
          {verdicts.map((each) => (
            <label
              key={each.value}
              className="flex cursor-pointer items-start gap-3 rounded-lg border border-line p-3 has-checked:border-accent has-checked:bg-accent-wash"
            >
              <input
                type="radio"
                name="verdict"
                className="mt-1 size-4 accent-(--accent-fill)"
                checked={verdict === each.value}
                onChange={() => setVerdict(each.value)}
              />
              <span>
                <span className="block font-medium">{each.label}</span>
                <span className="text-sm text-soft">{each.hint}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <TextField
          label="Note"
          value={note}
          onChange={(event) => setNote(event.target.value)}
          hint="What was done, for whoever reads this next."
        />
      </Dialog>
    </>
  );
}
