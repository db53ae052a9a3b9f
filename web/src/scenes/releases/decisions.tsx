import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { approveRelease, declineRelease, rollBack, type Release } from "../../data/releases.ts";
import { useOrder } from "../../shell/use-order.ts";
import { useIsMe, useRefusal } from "../../shell/who.ts";

type Verb = "approve" | "decline" | "roll back";

const verbs = {
  approve: {
    title: "Approve this release",
    button: "Approve",
    look: "primary",
    done: "Approved.",
    hint: "Kept with the approval. May be empty.",
  },
  decline: {
    title: "Decline this release",
    button: "Decline",
    look: "danger",
    done: "Declined.",
    hint: "Say why, for whoever asked.",
  },
  "roll back": {
    title: "Roll back",
    button: "Roll back",
    look: "danger",
    done: "Rolling back to the release before.",
    hint: "Say why; it is kept with the release.",
  },
} as const;

/** What a person may decide about a release in its present state. */
export function Decisions({ project, release }: { project: string; release: Release }) {
  const [asked, setAsked] = useState<Verb>();
  const [note, setNote] = useState("");
  const order = useOrder(
    async (verb: Verb) => {
      if (verb === "approve") await approveRelease(project, release.id, note || undefined);
      else if (verb === "decline") await declineRelease(project, release.id, note);
      else await rollBack(project, { environment: release.environment, reason: note });
      setAsked(undefined);
      setNote("");
      return verb;
    },
    (verb) => verbs[verb].done,
  );
  const mayDecide = useRefusal(project, "release:approve");
  const mayRollBack = useRefusal(project, "release:rollback");
  const isMe = useIsMe();
  const ownWork = isMe(release.requestedBy)
    ? "You asked for this release, and nobody approves their own: someone else has to."
    : isMe(release.author)
      ? "You made this version, and nobody approves their own work: someone else has to."
      : undefined;
  const wanted = asked ? verbs[asked] : undefined;
  const incomplete = asked !== undefined && asked !== "approve" && note.trim() === "";
  return (
    <>
      {release.state === "awaiting_approval" && (
        <>
          <Button
            look="primary"
            icon="check"
            refused={mayDecide ?? ownWork}
            onClick={() => setAsked("approve")}
          >
            Approve
          </Button>
          <Button refused={mayDecide} onClick={() => setAsked("decline")}>
            Decline
          </Button>
        </>
      )}
      {(release.state === "live" || release.state === "rolling_out") && (
        <Button icon="back" refused={mayRollBack} onClick={() => setAsked("roll back")}>
          Roll back
        </Button>
      )}
      <Dialog
        open={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={wanted?.title ?? ""}
        actions={
          wanted &&
          asked && (
            <>
              <Button look="quiet" onClick={() => setAsked(undefined)}>
                Not now
              </Button>
              <Button
                look={wanted.look}
                busy={order.isPending}
                disabled={incomplete}
                onClick={() => order.mutate(asked)}
              >
                {wanted.button}
              </Button>
            </>
          )
        }
      >
        <TextField
          label="Note"
          value={note}
          onChange={(event) => setNote(event.target.value)}
          {...(wanted ? { hint: wanted.hint } : {})}
        />
      </Dialog>
    </>
  );
}
