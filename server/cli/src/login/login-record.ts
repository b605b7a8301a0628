import { createHash } from "node:crypto";
import * as v from "valibot";

const provider = v.object({
  /** The client that the user lets in. */
  clientId: v.string(),
  scopes: v.array(v.string()),
  resource: v.optional(v.string()),
  audience: v.optional(v.string()),
});

const record = v.object({
  /** The URL of the server or of the provider, as it was given. */
  server: v.string(),
  /** The name that the user signed in with; at a provider, what its tokens call the user. */
  user: v.string(),
  /** An OpenID provider, and how it is asked. Absent: a Countersign server. */
  provider: v.optional(provider),
  /** Whether its tokens are in plain text, in a directory of their own. Absent: a file says where their key is, if it is there. */
  isPlain: v.optional(v.boolean()),
  /** When the user signed in, in milliseconds since 1970. */
  signedInAtMs: v.number(),
});

/** How a provider is asked for tokens. */
export type ProviderChoice = v.InferOutput<typeof provider>;

/** What `countersign login` leaves beside the tokens, which are elsewhere. */
export type LoginRecord = v.InferOutput<typeof record>;

/** Read the text of a record; undefined when it is none. */
export function parseLoginRecord(text: string): LoginRecord | undefined {
  try {
    const { success, output } = v.safeParse(record, JSON.parse(text));
    return success ? output : undefined;
  } catch {
    // No JSON, such as what another program has put there: it is no login.
    return undefined;
  }
}

/** Compute the name of a login in its folder: the same for the same user of the same client at the same server. */
export function loginIdOf({ server, user, provider }: LoginRecord): string {
  const key = JSON.stringify([serverKeyOf(server), provider?.clientId ?? "", user]);
  return createHash("sha256").update(key).digest("hex").slice(0, ID_LENGTH);
}

const ID_LENGTH = 32;

/** Write the URL of a server so that those of the same server are equal: a slash at the end makes no other one. */
export function serverKeyOf(server: string): string {
  return (URL.parse(server)?.href ?? server).replace(/\/+$/, "");
}
