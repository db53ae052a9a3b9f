import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";

/** 256 random bits, in letters that survive any settings file. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Shows a secret the one time it can be seen: the server keeps it sealed and shows it to nobody. */
export function SecretDialog({ name, secret, onClose }: SecretDialogProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`The secret of ${name}, shown this once`}
      actions={
        <Button look="primary" onClick={onClose}>
          I have kept it
        </Button>
      }
    >
      <p className="mb-3 text-sm text-soft">
        Give it to the receiver. It checks the header X-MLflow-Signature with it, so that nobody else can send
        in the name of this server.
      </p>
      <CodeBlock code={secret} label="Secret" />
    </Dialog>
  );
}

export interface SecretDialogProps {
  name: string;
  secret: string;
  onClose: () => void;
}
