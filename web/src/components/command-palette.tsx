import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useActions, type Action } from "./actions.ts";
import { useDialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import { Key } from "./key.tsx";

/** Everything that can be done or opened from here, found by typing. */
export function CommandPalette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const ref = useDialog(open);
  return (
    <dialog
      ref={ref}
      aria-label="Commands"
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className="rising mx-auto mt-[12vh] w-full max-w-xl overflow-hidden rounded-xl border border-line bg-raised p-0 shadow-float max-sm:mt-3 max-sm:max-w-[calc(100vw-1.5rem)]"
    >
      {open && <Search onClose={onClose} />}
    </dialog>
  );
}

function Search({ onClose }: { onClose: () => void }) {
  const actions = useActions();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const found = useMemo(() => rank(actions, text), [actions, text]);
  const run = (action: Action | undefined) => {
    if (!action) return;
    onClose();
    action.perform();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") run(found[chosen]);
    if (!step || found.length === 0) return;
    event.preventDefault();
    const next = (chosen + step + found.length) % found.length;
    setChosen(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  return (
    <>
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Icon name="search" className="text-faint" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
          aria-label="Search commands and pages"
          placeholder="Where to, or what to do?"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
          className="h-12 w-full bg-transparent text-lg outline-none placeholder:text-faint"
        />
        <Key>Esc</Key>
      </div>
      <ul
        ref={list}
        id={id}
        role="listbox"
        aria-label="Commands"
        className="scroll-quiet max-h-[50vh] overflow-y-auto p-1.5"
      >
        {found.map((action, index) => (
          <li
            key={action.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(action)}
            className="flex h-9 cursor-pointer items-center gap-3 rounded-md px-2.5 aria-selected:bg-accent-wash"
          >
            <Icon name={action.icon ?? "arrow"} className="text-faint" />
            <span className="min-w-0 flex-1 truncate">{action.label}</span>
            <span className="text-xs text-faint">{action.group}</span>
            {action.key && (
              <span className="hidden gap-1 sm:flex">
                {action.key.split(" ").map((part) => (
                  <Key key={part}>{part}</Key>
                ))}
              </span>
            )}
          </li>
        ))}
        {found.length === 0 && (
          <li className="px-3 py-6 text-center text-faint">Nothing by that name here.</li>
        )}
      </ul>
    </>
  );
}

/** All words must occur; what begins with the text comes first. */
function rank(actions: readonly Action[], text: string): readonly Action[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const unique = [...new Map(actions.map((action) => [action.id, action])).values()];
  if (wanted.length === 0) return unique;
  return unique
    .filter((action) => {
      const all = `${action.label} ${action.group} ${action.words ?? ""}`.toLowerCase();
      return wanted.every((word) => all.includes(word));
    })
    .toSorted((a, b) => Number(startsWith(b, wanted)) - Number(startsWith(a, wanted)));
}

function startsWith(action: Action, wanted: readonly string[]): boolean {
  return action.label.toLowerCase().startsWith(wanted[0] ?? "");
}
