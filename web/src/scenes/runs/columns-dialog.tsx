import { useState } from "react";
import { Button, IconButton } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { SearchField } from "../../components/field.tsx";
import { number } from "../../components/format.ts";
import type { RunColumn } from "../../data/runs.ts";
import { attributeColumns, toColumn } from "./run-columns.tsx";

/** Chooses columns, their order, and which stay in sight. Everything is done with buttons; nothing is dragged. */
export function ColumnsDialog(props: ColumnsDialogProps) {
  const { open, onClose, found, shown, pinned, onChange } = props;
  const [needle, setNeedle] = useState("");
  const available = offers(found).filter(
    (id) => !shown.includes(id) && id.toLowerCase().includes(needle.trim().toLowerCase()),
  );
  const move = (id: string, step: number) => {
    const at = shown.indexOf(id);
    const next = shown.filter((each) => each !== id);
    next.splice(Math.max(0, Math.min(next.length, at + step)), 0, id);
    onChange({ columns: next });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Columns"
      wide
      actions={
        <>
          <Button look="quiet" onClick={() => onChange({ columns: undefined, pinned: [] })}>
            As usual
          </Button>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div className="grid gap-6 sm:grid-cols-2">
        <section aria-label="Shown columns">
          <h3 className="mb-2 text-sm font-medium">Shown</h3>
          <ul className="space-y-0.5">
            {shown.map((id, index) => (
              <li key={id} className="flex items-center gap-1 rounded-md pl-2 hover:bg-hover">
                <Name id={id} />
                <IconButton
                  icon="up"
                  label={`Move ${id} to the front`}
                  disabled={index === 0}
                  onClick={() => move(id, -1)}
                />
                <IconButton
                  icon="down"
                  label={`Move ${id} to the back`}
                  disabled={index === shown.length - 1}
                  onClick={() => move(id, 1)}
                />
                <IconButton
                  icon="left"
                  label={`Keep ${id} in sight`}
                  pressed={pinned.includes(id)}
                  onClick={() =>
                    onChange({
                      pinned: pinned.includes(id) ? pinned.filter((each) => each !== id) : [...pinned, id],
                    })
                  }
                />
                <IconButton
                  icon="cross"
                  label={`Hide ${id}`}
                  onClick={() =>
                    onChange({
                      columns: shown.filter((each) => each !== id),
                      pinned: pinned.filter((each) => each !== id),
                    })
                  }
                />
              </li>
            ))}
          </ul>
        </section>
        <section aria-label="Columns to add">
          <div className="mb-2 flex items-center justify-between gap-3">
            <h3 className="text-sm font-medium">Add</h3>
            <SearchField
              label="Find a column"
              className="max-w-44"
              value={needle}
              onChange={(event) => setNeedle(event.target.value)}
            />
          </div>
          <ul className="space-y-0.5">
            {available.slice(0, mostOffered).map((id) => (
              <li key={id}>
                <button
                  type="button"
                  onClick={() => onChange({ columns: [...shown, id] })}
                  className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
                >
                  <Name id={id} />
                  <span className="shrink-0 text-xs text-faint">{runsWith(found, id)}</span>
                </button>
              </li>
            ))}
          </ul>
          {available.length > mostOffered && (
            <p className="mt-2 px-2 text-xs text-faint">
              {number(available.length - mostOffered)} more: type to find them.
            </p>
          )}
          {available.length === 0 && <p className="px-2 text-sm text-soft">Nothing more of that name.</p>}
        </section>
      </div>
    </Dialog>
  );
}

export interface ColumnsDialogProps {
  open: boolean;
  onClose: () => void;
  found: readonly RunColumn[];
  shown: readonly string[];
  pinned: readonly string[];
  onChange: (change: { columns?: readonly string[] | undefined; pinned?: readonly string[] }) => void;
}

const mostOffered = 60;
const prefixes = { param: "params", metric: "metrics", tag: "tags" } as const;

/** Every column there is; a metric also as a line of its series. */
function offers(found: readonly RunColumn[]): string[] {
  return [
    ...attributeColumns,
    ...found.map(({ kind, key }) => `${prefixes[kind]}.${key}`),
    ...found.filter(({ kind }) => kind === "metric").map(({ key }) => `series.${key}`),
  ];
}

function runsWith(found: readonly RunColumn[], id: string): string {
  const column = found.find(({ kind, key }) => `${prefixes[kind]}.${key}` === id);
  return column ? `${number(column.runs)} runs` : id.startsWith("series.") ? "line" : "";
}

function Name({ id }: { id: string }) {
  const dot = id.indexOf(".");
  return (
    <span className="min-w-0 flex-1 truncate text-sm" title={id}>
      {dot === -1 ? (
        toColumn(id).header
      ) : (
        <>
          <span className="text-faint">{id.slice(0, dot + 1)}</span>
          {id.slice(dot + 1)}
        </>
      )}
    </span>
  );
}
