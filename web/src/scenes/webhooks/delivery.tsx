import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "../../components/answers.tsx";
import { CodeBlock, Digest } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { dateTime, number } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { deliveryQuery, type Webhook, type WebhookDeliveryDetail } from "../../data/webhooks.ts";
import { Answer } from "../../shell/answer.tsx";
import { mayRetry, RetryButton } from "./deliveries.tsx";

/** One delivery in front of the page: what was sent, what came back, and once more where that helps. */
export function DeliveryDialog({ project, webhook, delivery: id, onClose }: DeliveryDialogProps) {
  const query = useQuery(deliveryQuery(project, webhook.id, id));
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={query.data?.event ?? "Delivery"}
      actions={
        query.data &&
        mayRetry(query.data) && <RetryButton project={project} webhook={webhook} delivery={query.data} />
      }
    >
      <Answer query={query} skeleton={<Skeleton height={420} />}>
        {(delivery) => <Body delivery={delivery} />}
      </Answer>
    </Dialog>
  );
}

export interface DeliveryDialogProps {
  project: string;
  webhook: Webhook;
  delivery: string;
  onClose: () => void;
}

function Body({ delivery }: { delivery: WebhookDeliveryDetail }) {
  const { status, error, answer } = delivery;
  return (
    <div className="space-y-4">
      <KeyValueList
        items={[
          { name: "State", value: <StateBadge state={delivery.state} /> },
          { name: "Response", value: status === null ? "none" : String(status) },
          { name: "What went wrong", value: error ?? undefined },
          { name: "Tries", value: number(delivery.attempts) },
          { name: "Happened", value: dateTime(delivery.createdAtMs) },
          { name: "Last tried", value: delivery.lastAttemptAtMs && dateTime(delivery.lastAttemptAtMs) },
          { name: "Id", value: <Digest value={delivery.id} length={36} /> },
        ]}
      />
      {answer !== null && answer !== "" && (
        <CodeBlock code={readable(answer)} label="Its answer" maximumHeight={260} />
      )}
      {answer === "" && <p className="text-sm text-faint">The answer had no text.</p>}
      <CodeBlock code={readable(delivery.body)} label="Sent" maximumHeight={260} />
    </div>
  );
}

/** JSON with its lines, everything else as it came. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
