import { useState } from "react";
import { Icon } from "./icons.tsx";

/** Text to read or copy, unchanged. */
export function CodeBlock({ code, label, maximumHeight = 480 }: CodeBlockProps) {
  return (
    <div className="group relative overflow-hidden rounded-lg border border-line bg-sunken">
      {label && <p className="border-b border-line px-3.5 py-1.5 font-mono text-xs text-faint">{label}</p>}
      <pre
        tabIndex={0}
        role="region"
        aria-label={label ?? "Code"}
        className="scroll-quiet overflow-auto px-3.5 py-2.5 pr-11 font-mono text-xs leading-5 -outline-offset-2"
        style={{ maxHeight: maximumHeight }}
      >
        <code>{code}</code>
      </pre>
      <CopyButton text={code} className="absolute top-1 right-1" />
    </div>
  );
}

export interface CodeBlockProps {
  code: string;
  label?: string;
  maximumHeight?: number;
}

/** Copies `text` and says that it did. */
export function CopyButton({
  text,
  label = "Copy",
  className = "",
}: {
  text: string;
  label?: string;
  className?: string;
}) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      title={label}
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => {
          setCopied(true);
          setTimeout(() => setCopied(false), 1500);
        });
      }}
      className={`inline-flex size-8 items-center justify-center rounded-md text-faint hover:bg-hover hover:text-ink ${className}`}
    >
      <Icon name={copied ? "check" : "copy"} size={14} className={copied ? "text-good" : undefined} />
      <span className="sr-only" aria-live="polite">
        {copied ? "Copied" : label}
      </span>
    </button>
  );
}

/** A digest or id: its first digits, the whole on approach, copied by a press. */
export function Digest({ value, length = 12 }: { value: string | null | undefined; length?: number }) {
  if (!value) return <span>–</span>;
  const bare = value.replace(/^sha256[:-]/, "");
  return (
    <span className="inline-flex items-center">
      <code title={value} className="font-mono text-xs">
        {bare.slice(0, length)}
      </code>
      <CopyButton text={value} label={`Copy ${value}`} className="-my-2" />
    </span>
  );
}
