import type { ButtonHTMLAttributes, MouseEvent, ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";
import { toast } from "./toasts.ts";

export type ButtonLook = "primary" | "secondary" | "quiet" | "danger";

/**
 * `busy` keeps the width, refuses a second press and says so to a screen reader. `refused` says why the
 * reader may not press it: it stays in reach of the keyboard, and a press tells the reason.
 */
export function Button({
  look = "secondary",
  icon,
  busy = false,
  refused,
  children,
  className = "",
  ...rest
}: ButtonProps) {
  const explain = (event: MouseEvent) => {
    event.preventDefault();
    if (refused) toast("bad", refused);
  };
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || rest.disabled || refused !== undefined || undefined}
      aria-busy={busy || undefined}
      {...(refused === undefined ? {} : { title: refused, "aria-description": refused })}
      onClick={refused !== undefined ? explain : busy ? undefined : rest.onClick}
      className={`${buttonClass(look)} ${className}`}
    >
      {busy ? <Icon name="spinner" size={14} className="turning" /> : icon && <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: ButtonLook;
  icon?: IconName;
  busy?: boolean;
  refused?: string | undefined;
  children?: ReactNode;
}

/** A button that shows only an icon; its label is its accessible name and its tooltip. */
export function IconButton({ icon, label, pressed, className = "", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      {...rest}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-soft hover:bg-hover hover:text-ink disabled:opacity-45 aria-pressed:bg-accent-wash aria-pressed:text-accent ${className}`}
    >
      <Icon name={icon} />
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  icon: IconName;
  label: string;
  pressed?: boolean;
}

/** The classes of a button, for links that look like one. */
export function buttonClass(look: ButtonLook = "secondary"): string {
  return `inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md px-3 text-sm font-medium whitespace-nowrap select-none disabled:opacity-50 aria-disabled:opacity-60 ${looks[look]}`;
}

const looks: Record<ButtonLook, string> = {
  primary: "bg-accent-fill text-on-accent hover:bg-accent-fill-hover",
  secondary: "border border-line-strong bg-panel text-ink hover:bg-hover",
  quiet: "text-soft hover:bg-hover hover:text-ink",
  danger: "bg-bad-fill text-on-accent hover:bg-bad-fill-hover",
};
