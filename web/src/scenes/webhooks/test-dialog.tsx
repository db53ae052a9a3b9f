import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Choice } from "../../components/field.tsx";
import { Notice } from "../../components/panel.tsx";
import { testWebhook, type TestResult, type Webhook } from "../../data/webhooks.ts";
import { toProblem } from "../../shell/answer.tsx";

/** Sends an example now, once, and shows what the receiver says to it. */
export function TestDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const [event, setEvent] = useState(webhook.events[0] ?? "");
  const test = useMutation({ mutationFn: () => testWebhook(webhook.id, event) });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Send a test to ${webhook.name}`}
      actions={
        <Button look="primary" icon="play" busy={test.isPending} onClick={() => test.mutate()}>
          {test.data || test.error ? "Send again" : "Send"}
        </Button>
      }
    >
      <div className="space-y-4">
        <p className="text-sm text-soft">
          An example with invented ids goes out now, once, signed as all others are. It is not kept among the
          deliveries.
        </p>
        <Choice
          label="Example of"
          value={event}
          onChange={setEvent}
          options={webhook.events.map((name) => ({ value: name, label: name }))}
        />
        <div aria-live="polite">
          {test.data && <Outcome result={test.data} />}
          {test.error && (
            <Notice tone="bad" title={toProblem(test.error).message}>
              {toProblem(test.error).next}
            </Notice>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function Outcome({ result: { success, status, body, error } }: { result: TestResult }) {
  return (
    <div className="space-y-3">
      <Notice
        tone={success ? "good" : "bad"}
        title={
          status === null
            ? "Nothing came back"
            : `The receiver answered ${status}${success ? "" : ", which is no 2xx"}`
        }
      >
        {error}
      </Notice>
      {body !== null && body !== "" && <CodeBlock code={body} label="Its answer" maximumHeight={200} />}
    </div>
  );
}
