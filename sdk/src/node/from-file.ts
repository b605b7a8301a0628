import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { TokenGrant, TokenSource } from "../core/source.ts";
import { TokenSourceError } from "../core/source-error.ts";
import { accountOf, readClaims } from "../core/token-claims.ts";

/** A source that is also a function: the `assertion` of a client, which reads the file with every call. */
export interface FileSource extends TokenSource {
  (): Promise<string>;
}

/** What writes such files replaces them well before the token expires: looking once a minute finds that in time. */
const MAX_LIFETIME_MS = 60_000;
/** More than any header takes. */
const MAX_FILE_BYTES = 64 * 1024;
// What a header can carry (RFC 6750 §2.1), and a little more.
const TOKEN = /^[!-~]+$/;

/**
 * Make a source of a file that something else keeps up to date, such as a Kubernetes service account token or a SPIFFE
 * JWT-SVID. A session of it needs no sign-in.
 *
 * The file is read again after a minute, and sooner when its token is about to expire. A token of another account (`iss`
 * and `sub`) ends the session; the next call begins one for that. A file that is missing, too long (more than 64 KiB), no
 * token or expired is tried again: calls fail with `REFRESH_UNAVAILABLE`, and the cause names the path.
 *
 * @param path of the file, which holds a token and at most white space around it
 * @throws TypeError when the path is no text or empty
 */
export function fromFile(path: string): FileSource {
  if (typeof path !== "string" || path === "") {
    throw new TypeError("fromFile needs the path of a file");
  }
  const read = () => readToken(path);
  const acquire = async (): Promise<TokenGrant> => {
    const accessToken = await read();
    const lifetimeMs = lifetimeOf(accessToken, path);
    return { accessToken, lifetimeMs, scopes: [], sessionId: accountOf(accessToken) };
  };
  return Object.assign(read, {
    repeatable: true,
    acquire,
    refresh: acquire,
    revoke: () => Promise.resolve(),
  });
}

async function readToken(path: string): Promise<string> {
  const token = (await readBounded(path)).trim();
  if (!TOKEN.test(token)) {
    throw new TokenSourceError("transient", `${path} holds no token`);
  }
  return token;
}

async function readBounded(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // A pipe in the file's place would be waited for without end.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    for (let bytesRead = 1; bytesRead > 0 && length < buffer.length; length += bytesRead) {
      ({ bytesRead } = await file.read(buffer, length, buffer.length - length, length));
    }
    if (length > MAX_FILE_BYTES) {
      throw new TokenSourceError("transient", `${path} is longer than ${MAX_FILE_BYTES} bytes`);
    }
    return buffer.toString("latin1", 0, length);
  } catch (cause) {
    throw cause instanceof TokenSourceError
      ? cause
      : new TokenSourceError("transient", `${path} cannot be read`, { cause });
  } finally {
    await file?.close();
  }
}

/** How long a token may be used before the file is read again. */
function lifetimeOf(token: string, path: string): number {
  const { exp } = readClaims(token) ?? {};
  if (typeof exp !== "number") {
    return MAX_LIFETIME_MS;
  }
  const remainingMs = exp * 1000 - Date.now();
  if (!(remainingMs > 0)) {
    throw new TokenSourceError(
      "transient",
      `the token in ${path} has expired: nothing replaces it, or the clock of this machine is wrong`,
    );
  }
  return Math.min(remainingMs, MAX_LIFETIME_MS);
}
