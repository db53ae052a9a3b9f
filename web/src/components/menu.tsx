import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";

/** Choices behind a button. Not modal: the page keeps scrolling and no style is injected. */
export function Menu({ trigger, items, align = "end" }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="rising scroll-quiet z-50 max-h-[min(26rem,var(--radix-dropdown-menu-content-available-height))] min-w-44 overflow-y-auto rounded-lg border border-line bg-raised p-1 text-sm shadow-float"
        >
          {items.map((item, index) =>
            item === "line" ? (
              <DropdownMenu.Separator key={index} className="my-1 h-px bg-line" />
            ) : "heading" in item ? (
              <DropdownMenu.Label key={index} className="px-2.5 pt-2 pb-1 text-xs text-faint">
                {item.heading}
              </DropdownMenu.Label>
            ) : item.checked !== undefined ? (
              <DropdownMenu.CheckboxItem
                key={item.label}
                checked={item.checked}
                onCheckedChange={item.perform}
                onSelect={(event) => item.stay && event.preventDefault()}
                className={itemClass}
              >
                <span className="flex w-4 justify-center">
                  {item.checked && <Icon name="check" size={14} />}
                </span>
                {item.label}
              </DropdownMenu.CheckboxItem>
            ) : (
              <DropdownMenu.Item
                key={item.label}
                disabled={item.disabled}
                onSelect={item.perform}
                className={`${itemClass} ${item.danger ? "text-bad" : ""}`}
              >
                {item.icon && <Icon name={item.icon} className="text-faint" />}
                {item.label}
              </DropdownMenu.Item>
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export interface MenuProps {
  trigger: ReactNode;
  items: readonly MenuItem[];
  align?: "start" | "end";
}

export type MenuItem =
  | "line"
  | { heading: string }
  | {
      label: string;
      icon?: IconName;
      perform: () => void;
      checked?: boolean;
      /** Keeps the menu open after a choice, for lists of check marks. */
      stay?: boolean;
      danger?: boolean;
      disabled?: boolean;
    };

const itemClass =
  "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-ink outline-none select-none data-[disabled]:text-faint data-[highlighted]:bg-hover";
