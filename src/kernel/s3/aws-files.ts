import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What the user's AWS files say for a profile: `~/.aws/credentials` and `~/.aws/config`. */
export interface AwsFiles {
  readonly profile: string;
  readonly credentials: ReadonlyMap<string, string>;
  readonly config: ReadonlyMap<string, string>;
}

export interface AwsFilesChoice {
  readonly profile?: string | undefined;
  readonly credentialsPath?: string | undefined;
  readonly configPath?: string | undefined;
}

/** Files that are not there say nothing. */
export function readAwsFiles(environment: NodeJS.ProcessEnv, choice: AwsFilesChoice = {}): AwsFiles {
  const folder = join(homedir(), ".aws");
  const profile = choice.profile ?? environment["AWS_PROFILE"] ?? "default";
  const credentialsPath =
    choice.credentialsPath ?? environment["AWS_SHARED_CREDENTIALS_FILE"] ?? join(folder, "credentials");
  const configPath = choice.configPath ?? environment["AWS_CONFIG_FILE"] ?? join(folder, "config");
  return {
    profile,
    credentials: readSection(credentialsPath, profile),
    config: readSection(configPath, profile),
  };
}

function readSection(path: string, profile: string): ReadonlyMap<string, string> {
  const section = new Map<string, string>();
  let isOurs = false;
  for (const line of readLines(path)) {
    const title = /^\s*\[\s*(?:profile\s+)?"?(.*?)"?\s*\]/.exec(line)?.[1];
    if (title !== undefined) isOurs = title === profile;
    // An indented line belongs to the setting above it (`s3 =` and its own settings).
    const [, key, value] = /^([^\s#;=[][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isOurs && key !== undefined && value !== undefined) section.set(key.toLowerCase(), value);
  }
  return section;
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/);
  } catch {
    return [];
  }
}
