import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

const loginsSchema = z.record(z.string(), z.object({ token: z.string(), name: z.string() }));
type Logins = z.infer<typeof loginsSchema>;

/** The stored token for a server, if the user has signed in to it. Throws `login_file_open`. */
export function readLogin(url: string): string | undefined {
  return readLogins()[originOf(url)]?.token;
}

/** Keeps a token in the user's own file, which nobody else may read. */
export function storeLogin(url: string, login: { token: string; name: string }): string {
  const path = loginPath();
  const logins: Logins = { ...readLogins(), [originOf(url)]: login };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
  return path;
}

function readLogins(): Logins {
  const path = loginPath();
  if (!existsSync(path)) return {};
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    throw new Problem(problems.login_file_open, {
      message: `${path} holds tokens and can be read by others on this machine.`,
      next: `Close it with: chmod 600 ${path}`,
    });
  }
  const parsed = loginsSchema.safeParse(readJson(path));
  return parsed.success ? parsed.data : {};
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function loginPath(): string {
  const configured = process.env["XDG_CONFIG_HOME"];
  const base = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), ".config");
  return join(base, "gyre", "logins.json");
}

function originOf(url: string): string {
  return new URL(url).origin;
}
