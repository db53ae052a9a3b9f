import { useState } from "react";
import { useActions } from "./actions.ts";
import { Dialog } from "./dialog.tsx";
import { Key } from "./key.tsx";
import { shortcutsAreOn, switchShortcuts } from "./shortcuts.ts";

/** Every key that does something on this page. */
export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [on, setOn] = useState(shortcutsAreOn);
  const actions = useActions().filter((action) => action.key);
  const groups = Map.groupBy(actions, (action) => action.group);
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard" wide>
      <div className="gap-x-10 sm:columns-2">
        {[...groups].map(([group, members]) => (
          <KeyGroup key={group} title={group} keys={members.map((each) => [each.label, each.key ?? ""])} />
        ))}
        <KeyGroup
          title="Lists and tables"
          keys={[
            ["Next row", "j"],
            ["Previous row", "k"],
            ["Open", "Enter"],
          ]}
        />
        <KeyGroup
          title="Charts"
          keys={[
            ["Move the cursor", "← →"],
            ["First, last", "Home End"],
          ]}
        />
        <KeyGroup
          title="Graphs"
          keys={[
            ["Along the edges", "← →"],
            ["Among neighbours", "↑ ↓"],
            ["Open", "Enter"],
          ]}
        />
      </div>
      <label className="mt-5 flex items-center gap-2 border-t border-line pt-4 text-sm">
        <input
          type="checkbox"
          checked={on}
          className="size-4 accent-(--accent-fill)"
          onChange={(event) => {
            setOn(event.target.checked);
            switchShortcuts(event.target.checked);
          }}
        />
        Single keys act as shortcuts
      </label>
    </Dialog>
  );
}

function KeyGroup({ title, keys }: { title: string; keys: readonly (readonly [string, string])[] }) {
  return (
    <section className="mb-5 break-inside-avoid">
      <h3 className="mb-1.5 text-xs font-medium text-faint">{title}</h3>
      <dl className="space-y-1 text-sm">
        {keys.map(([label, key]) => (
          <div key={label} className="flex items-center justify-between gap-4">
            <dt>{label}</dt>
            <dd className="flex gap-1">
              {key.split(" ").map((part) => (
                <Key key={part}>{part}</Key>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
