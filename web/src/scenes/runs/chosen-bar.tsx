import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { count } from "../../components/format.ts";
import { ButtonLink } from "../../components/link.tsx";
import { toast } from "../../components/toasts.ts";
import { changeRuns, type BulkOrder } from "../../data/runs.ts";
import { toProblem } from "../../shell/answer.tsx";
import { useRefusal } from "../../shell/who.ts";

/** What can be done with the chosen runs. A deletion can be taken back, here and later. */
export function ChosenBar({ project, chosen, state, onClear }: ChosenBarProps) {
  const refusal = useRefusal(project, "run:write");
  const [tagging, setTagging] = useState(false);
  const [undoable, setUndoable] = useState<readonly string[]>([]);
  const queries = useQueryClient();
  const ids = [...chosen];
  const change = useMutation({
    mutationFn: async ({ of, order }: { of: readonly string[]; order: BulkOrder }) => {
      for (let at = 0; at < of.length; at += 1_000)
        await changeRuns(project, of.slice(at, at + 1_000), order);
      await queries.invalidateQueries({ queryKey: [project, "runs"] });
    },
    onSuccess: (_, { of, order }) => {
      const runs = count(of.length, "run");
      setUndoable(order.action === "delete" ? of : []);
      if (order.action === "tag") toast("good", `${runs} tagged ${order.key}.`);
      if (order.action === "restore") toast("good", `${runs} restored.`);
      if (order.action !== "tag") onClear();
    },
    onError: (thrown) => {
      const problem = toProblem(thrown);
      toast("bad", problem.message, problem.next);
    },
  });

  if (chosen.size === 0 && undoable.length === 0) return null;
  return (
    <div
      role="region"
      aria-label="Chosen runs"
      className="rising fixed inset-x-0 bottom-4 z-30 mx-auto flex w-fit max-w-[calc(100vw-1.5rem)] flex-wrap items-center gap-2 rounded-xl border border-line bg-raised px-3 py-2 shadow-float"
    >
      {chosen.size === 0 ? (
        <>
          <span className="px-2 text-sm" role="status">
            {count(undoable.length, "run")} deleted
          </span>
          <Button
            busy={change.isPending}
            onClick={() => change.mutate({ of: undoable, order: { action: "restore" } })}
          >
            Undo
          </Button>
          <Button look="quiet" onClick={() => setUndoable([])}>
            Close
          </Button>
        </>
      ) : (
        <>
          <span className="px-2 text-sm" role="status">
            {count(chosen.size, "run")} chosen
          </span>
          {ids.length <= mostInAddress && (
            <ButtonLink
              to="/projects/$project/runs/compare"
              params={{ project }}
              search={{ runs: ids.join() }}
              look="primary"
              icon="chart"
            >
              Compare
            </ButtonLink>
          )}
          {state === "active" ? (
            <>
              <Button refused={refusal} onClick={() => setTagging(true)}>
                Tag
              </Button>
              <Button
                refused={refusal}
                busy={change.isPending}
                onClick={() => change.mutate({ of: ids, order: { action: "delete" } })}
              >
                Delete
              </Button>
            </>
          ) : (
            <Button
              refused={refusal}
              busy={change.isPending}
              onClick={() => change.mutate({ of: ids, order: { action: "restore" } })}
            >
              Restore
            </Button>
          )}
          <Button look="quiet" onClick={onClear}>
            Clear
          </Button>
        </>
      )}
      <TagDialog
        open={tagging}
        onClose={() => setTagging(false)}
        runs={chosen.size}
        onTag={(key, value) => {
          setTagging(false);
          change.mutate({ of: ids, order: { action: "tag", key, value } });
        }}
      />
    </div>
  );
}

interface ChosenBarProps {
  project: string;
  chosen: ReadonlySet<string>;
  state: "active" | "deleted";
  onClear: () => void;
}

// A link of more would be longer than servers take; a filter compares as many as wanted.
const mostInAddress = 200;

function TagDialog({
  open,
  onClose,
  runs,
  onTag,
}: {
  open: boolean;
  onClose: () => void;
  runs: number;
  onTag: (key: string, value: string) => void;
}) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const isReady = key.trim() !== "";
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Tag ${count(runs, "run")}`}
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button look="primary" disabled={!isReady} onClick={() => isReady && onTag(key.trim(), value)}>
            Tag
          </Button>
        </>
      }
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onTag(key.trim(), value);
        }}
      >
        <Field label="Tag" value={key} maxLength={250} onChange={(event) => setKey(event.target.value)} />
        <Field label="Value" value={value} onChange={(event) => setValue(event.target.value)} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
