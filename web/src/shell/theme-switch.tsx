import { IconButton } from "../components/button.tsx";
import { useTheme, type Theme } from "./theme.ts";

const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const icons = { system: "screen", light: "sun", dark: "moon" } as const;

/** System, light, dark, in turn. */
export function ThemeSwitch() {
  const [theme, choose] = useTheme();
  return (
    <IconButton
      icon={icons[theme]}
      label={`Theme: ${theme}. Change to ${next[theme]}`}
      onClick={() => choose(next[theme])}
    />
  );
}
