import type { ReactNode } from "react";
import { Button, type ButtonLook } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";

/** A question before something that cannot be taken back. */
export function AskFirst({ title, verb, keep, look = "primary", children, onYes, onClose }: AskFirstProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{keep}</Button>
          <Button
            look={look}
            onClick={() => {
              onClose();
              onYes();
            }}
          >
            {verb}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}

export interface AskFirstProps {
  title: string;
  verb: string;
  keep: string;
  look?: ButtonLook;
  children: ReactNode;
  onYes: () => void;
  onClose: () => void;
}
