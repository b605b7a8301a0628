import { encodeEntry } from "../core/entry-text.ts";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import { parseEntry } from "../core/parse-entry.ts";
import { randomId } from "../core/random.ts";
import type { SessionStore, StoreEntry } from "../core/store.ts";
import { createTextSeal } from "./text-seal.ts";

/** What {@link createCookieStore} needs. */
export interface CookieStoreOptions {
  /** The `Cookie` header of the request that is answered. */
  readonly cookie: string | null | undefined;
  /** Encrypts the cookie: at least 32 random characters, the same in all processes that answer requests. */
  readonly secret: string;
  /** The cookie's name. Default `__Host-countersign`; without `Secure`, `countersign`. */
  readonly name?: string | undefined;
  /** Leave `Secure` out, for development over plain http. Default false. */
  readonly allowInsecure?: boolean | undefined;
}

/** The session of one request, kept in a cookie of the user's browser. */
export interface CookieStore extends SessionStore {
  /** The `Set-Cookie` header of the answer; `undefined` when nothing has changed. */
  readonly setCookie: () => string | undefined;
}

// Browsers drop longer cookies without a word (RFC 6265 §6.1).
const MAX_COOKIE_LENGTH = 4_096;

const FORMS = {
  // Browsers that have none send no header, which is null or undefined.
  cookie: "any",
  secret: "string",
  name: "string",
  allowInsecure: "boolean",
} as const satisfies Record<keyof CookieStoreOptions, OptionForm>;

/**
 * Create a store for rendering on a server: it takes the session from a request's cookie, and hands back the
 * cookie of the answer.
 *
 * Requests of one browser may run side by side, even in several processes: the name of the next refresh is in the
 * cookie, so that all of them ask for the same tokens.
 *
 * @throws TypeError when the secret has less than 32 characters, or an option is not understood
 */
export function createCookieStore(options: CookieStoreOptions): CookieStore {
  assertOptions("createCookieStore", options, FORMS);
  const { allowInsecure = false, secret, cookie } = options;
  const { name = allowInsecure ? "countersign" : "__Host-countersign" } = options;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${allowInsecure ? "" : "; Secure"}`;
  const { seal, open } = createTextSeal(secret, `cookie ${name}`);
  const text = open(valueOfPair(cookie ?? "", name) ?? "");
  let entry = text === undefined ? undefined : parseEntry(text);
  let written: string | undefined;

  function toCookie(next: StoreEntry): string {
    if (next.kind === "signed_out") {
      return `${name}=; ${attributes}; Max-Age=0`;
    }
    const { refreshExpiresAtMs } = next;
    const expires =
      refreshExpiresAtMs === undefined ? "" : `; Expires=${new Date(refreshExpiresAtMs).toUTCString()}`;
    return `${name}=${seal(encodeEntry(next))}; ${attributes}${expires}`;
  }

  return {
    read: () => Promise.resolve(entry),
    async compareAndSet(expected, next) {
      if (entry?.revision !== expected) {
        return false;
      }
      const planned = withPlannedRefresh(withoutIdToken(next));
      const line = toCookie(planned);
      if (line.length > MAX_COOKIE_LENGTH) {
        throw new Error("the session is too long for a cookie");
      }
      entry = planned;
      written = line;
      return true;
    },
    setCookie: () => written,
  };
}

/** Leave out what would take the room of the other tokens: a provider's session is ended without it. */
function withoutIdToken(entry: StoreEntry): StoreEntry {
  return entry.kind === "signed_in" ? { ...entry, idToken: undefined } : entry;
}

/** Give the next refresh its name now, for all requests that will come with this cookie. */
function withPlannedRefresh(entry: StoreEntry): StoreEntry {
  if (entry.kind === "signed_out" || entry.intent !== undefined) {
    return entry;
  }
  return { ...entry, nextRefreshId: randomId() };
}

/** Read the value of a cookie; `undefined` when there is none, or more than one. */
function valueOfPair(header: string, name: string): string | undefined {
  const prefix = `${name}=`;
  const [pair, second] = header.split(";").filter((each) => each.trimStart().startsWith(prefix));
  // Another host of the domain can plant one, under a name without `__Host-`: which of two comes first says nothing.
  return second === undefined ? pair?.trim().slice(prefix.length) : undefined;
}
