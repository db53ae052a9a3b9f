import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";
import { buttonClass, type ButtonLook } from "./button.tsx";
import { Icon, type IconName } from "./icons.tsx";

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  ref?: Ref<HTMLAnchorElement>;
}

/** A link in text; `to`, `params` and `search` are checked against the routes. */
export const TextLink = createLink(function Anchor({ className = "", ...rest }: AnchorProps) {
  return (
    <a
      {...rest}
      className={`rounded-sm text-accent underline decoration-accent-line decoration-1 underline-offset-3 hover:decoration-accent ${className}`}
    />
  );
});

/** A link that names its row or card: ink, underlined on approach. */
export const RowLink = createLink(function Anchor({ className = "", ...rest }: AnchorProps) {
  return (
    <a
      data-row-link=""
      {...rest}
      className={`rounded-sm font-medium text-ink underline-offset-3 hover:text-accent hover:underline ${className}`}
    />
  );
});

/** A link that looks like a button, for the one thing to do next. */
export const ButtonLink = createLink(function Anchor({
  look,
  icon,
  children,
  className = "",
  ...rest
}: AnchorProps & { look?: ButtonLook; icon?: IconName }) {
  return (
    <a {...rest} className={`${buttonClass(look)} ${className}`}>
      {icon && <Icon name={icon} size={14} />}
      {children}
    </a>
  );
});

/** A link without a look of its own, for parts that draw themselves (stations, cards, nodes). */
export const PlainLink = createLink(function Anchor(props: AnchorProps) {
  return <a {...props} />;
});
