import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { Icon } from "../../components/icons.tsx";
import { Menu, type MenuItem } from "../../components/menu.tsx";
import { deleteView, runViewsQuery, saveView, type RunView } from "../../data/runs.ts";
import { useOrder } from "../../shell/use-order.ts";
import { useIsMe, useNameOf } from "../../shell/who.ts";
import { fromView, toView, type TableState } from "./table-state.ts";

/** Saved views: one's own and those of others that are shared; save the present one under a name. */
export function ViewsMenu({ project, table, onChange }: ViewsMenuProps) {
  const [wanted, setWanted] = useState(false);
  const [saving, setSaving] = useState(false);
  const query = useQuery({ ...runViewsQuery(project), enabled: wanted });
  const views = query.data?.views ?? noViews;
  const isMe = useIsMe();
  const nameOf = useNameOf();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: [project, "run-views"] });
  const removal = useOrder(
    async (view: RunView) => {
      await deleteView(project, view.id);
      await refresh();
      return view;
    },
    ({ name }) => `The view ${name} is deleted.`,
  );

  const own = views.filter((view) => isMe(view.owner));
  const theirs = views.filter((view) => !isMe(view.owner));
  const present = JSON.stringify(toView(table));
  const choice = (view: RunView, label: string): MenuItem => ({
    label,
    checked: JSON.stringify(view.state) === present,
    perform: () => onChange(fromView(view.state)),
  });
  const items: MenuItem[] = [
    { label: "All runs, as usual", icon: "runs", perform: () => onChange(fromView({})) },
    ...(own.length > 0 ? [{ heading: "Yours" }] : []),
    ...own.map((view) => choice(view, view.isShared ? `${view.name} (shared)` : view.name)),
    ...(theirs.length > 0 ? [{ heading: "Shared by others" }] : []),
    ...theirs.map((view) => choice(view, `${view.name}, ${nameOf(view.owner)}`)),
    "line",
    { label: "Save this view…", icon: "plus", perform: () => setSaving(true) },
    ...own
      .filter((view) => JSON.stringify(view.state) === present)
      .map((view): MenuItem => ({
        label: `Delete ${view.name}`,
        icon: "cross",
        danger: true,
        perform: () => removal.mutate(view),
      })),
  ];
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            onPointerEnter={() => setWanted(true)}
            onFocus={() => setWanted(true)}
            className="inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 text-sm text-soft hover:bg-hover hover:text-ink"
          >
            <Icon name="table" />
            Views
          </button>
        }
        items={items}
      />
      <SaveDialog
        open={saving}
        onClose={() => setSaving(false)}
        taken={own.map((view) => view.name)}
        onSave={async (name, isShared) => {
          await saveView(project, { name, isShared, state: toView(table) });
          await refresh();
        }}
      />
    </>
  );
}

interface ViewsMenuProps {
  project: string;
  table: TableState;
  onChange: (change: Partial<TableState>) => void;
}

const noViews: readonly RunView[] = [];

function SaveDialog({
  open,
  onClose,
  taken,
  onSave,
}: {
  open: boolean;
  onClose: () => void;
  taken: readonly string[];
  onSave: (name: string, isShared: boolean) => Promise<void>;
}) {
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const order = useOrder(async () => {
    await onSave(name.trim(), isShared);
    onClose();
  }, "The view is saved.");
  const save = () => name.trim() !== "" && order.mutate(undefined);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Save this view"
      actions={
        <>
          <Button look="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button look="primary" busy={order.isPending} disabled={name.trim() === ""} onClick={save}>
            Save
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field
          label="Name"
          value={name}
          maxLength={80}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
          hint={
            taken.includes(name.trim())
              ? "You have a view of this name: it will be replaced."
              : "Filter, order, grouping, columns and what is pinned are kept."
          }
        />
        <label className="mt-4 flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="size-4"
            checked={isShared}
            onChange={(event) => setShared(event.target.checked)}
          />
          Everybody who reads this project may use it
        </label>
      </form>
    </Dialog>
  );
}
