import { useEffect, useId, useRef, type ReactNode } from "react";
import { IconButton } from "./button.tsx";

/** A question in front of the page. The browser's own dialog: it holds the focus and closes on Escape. */
export function Dialog({ open, onClose, title, children, actions, wide = false }: DialogProps) {
  const ref = useDialog(open);
  const id = useId();
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className={`rising m-auto w-full ${wide ? "max-w-3xl" : "max-w-lg"} rounded-xl border border-line bg-raised p-0 shadow-float max-sm:max-w-[calc(100vw-1.5rem)]`}
    >
      {open && (
        <div>
          <div className="flex items-center justify-between gap-4 py-3 pr-3 pl-5">
            <h2 id={id} className="text-lg font-semibold">
              {title}
            </h2>
            <IconButton icon="cross" label="Close" onClick={onClose} />
          </div>
          <div className="scroll-quiet max-h-[70vh] overflow-y-auto px-5 pb-5">{children}</div>
          {actions && <div className="flex justify-end gap-2 border-t border-line px-5 py-3">{actions}</div>}
        </div>
      )}
    </dialog>
  );
}

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
}

/** Keeps a `<dialog>` in step with `open`. */
export function useDialog(open: boolean) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return ref;
}
