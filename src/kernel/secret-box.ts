import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

import { makeFolder, onDisk, syncFolder, systemCode } from "./disk.ts";
import { defineProblems, Problem } from "./errors.ts";

export const problems = defineProblems({
  secret_key_file_open: {
    kind: "forbidden",
    when: "The file with the key that secrets are encrypted with can be read by other users of this machine.",
    next: "Take their permission away with `chmod 600`; if others could have read it, replace the secrets.",
  },
  secret_unreadable: {
    kind: "conflict",
    when: "A stored secret cannot be decrypted: it was encrypted with another key, or changed.",
    next: "Start the server with the key it was encrypted with (GYRE_SECRET_KEY, or the file), or enter the secret again.",
  },
});

/** Encrypts the few secrets that must be kept readable for us, so that a copy of the database gives none away. */
export interface SecretBox {
  /** `place` says what the secret belongs to: sealed for one place, it cannot be opened at another. */
  seal(secret: string, place: string): Promise<string>;
  /** Throws `secret_unreadable`. */
  open(sealed: string, place: string): Promise<string>;
}

/**
 * AES-256-GCM under `key`, a text of the operator's; without one, under 32 random bytes in `file`, which
 * is made with mode 0600 when the first secret is sealed. Several control planes over one database need
 * the same key.
 */
export function createSecretBox(parts: {
  readonly key?: string | undefined;
  readonly file: string;
}): SecretBox {
  let known: Promise<Buffer> | undefined;
  const cipherKey = (): Promise<Buffer> =>
    (known ??= findKey(parts).catch((error: unknown) => {
      known = undefined;
      throw error;
    }));

  return {
    async seal(secret, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, await cipherKey(), nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return `${version}${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url")}`;
    },
    async open(sealed, place) {
      const key = await cipherKey();
      const bytes = Buffer.from(sealed.slice(version.length), "base64url");
      try {
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes))
          .setAAD(Buffer.from(place))
          .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
        return Buffer.concat([
          decipher.update(bytes.subarray(nonceBytes + tagBytes)),
          decipher.final(),
        ]).toString("utf8");
      } catch (cause) {
        throw new Problem(problems.secret_unreadable, {
          message: `The secret of ${place} cannot be decrypted with the key of this server.`,
          cause,
        });
      }
    },
  };
}

const algorithm = "aes-256-gcm";
const version = "v1.";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

async function findKey({
  key,
  file,
}: {
  readonly key?: string | undefined;
  readonly file: string;
}): Promise<Buffer> {
  const material = key === undefined ? await readOrMake(file) : Buffer.from(key, "utf8");
  return Buffer.from(hkdfSync("sha256", material, "", "gyre secret box", keyBytes));
}

async function readOrMake(file: string): Promise<Buffer> {
  if (!existsSync(file)) await makeKeyFile(file);
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Problem(problems.secret_key_file_open, {
      message: `${file} holds the key of the secrets, and other users may read it.`,
    });
  }
  return Buffer.from(readFileSync(file, "utf8").trim(), "base64url");
}

/** Another process may be making it too: the first one's counts. */
async function makeKeyFile(file: string): Promise<void> {
  const folder = dirname(file);
  makeFolder(folder);
  try {
    await onDisk(folder, async () => {
      const handle = await open(file, "wx", 0o600);
      try {
        await handle.writeFile(`${randomBytes(keyBytes).toString("base64url")}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncFolder(folder);
    });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}
