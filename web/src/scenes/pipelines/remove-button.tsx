import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";

/** Removes something after a second press, because it cannot be brought back. */
export function RemoveButton({ what, refusal, busy, onRemove }: RemoveButtonProps) {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button look="quiet" refused={refusal} busy={busy} onClick={() => setAsks(true)}>
        Remove
      </Button>
      {asks && (
        <Dialog
          open
          onClose={() => setAsks(false)}
          title={`Remove ${what}?`}
          actions={
            <>
              <Button onClick={() => setAsks(false)}>Keep it</Button>
              <Button
                look="danger"
                onClick={() => {
                  setAsks(false);
                  onRemove();
                }}
              >
                Remove
              </Button>
            </>
          }
        >
          <p>
            Executions that it began stay as they are. To stop it for a while, pause it instead where that is
            offered.
          </p>
        </Dialog>
      )}
    </>
  );
}

export interface RemoveButtonProps {
  what: string;
  refusal: string | undefined;
  busy: boolean;
  onRemove: () => void;
}
