import { createHmac, randomBytes } from "node:crypto";
import { createAuth } from "@countersign/server";
import { createVerifier } from "fast-jwt";
import { createEchoRoutes } from "../fixture/echo.ts";
import { AUDIENCE, createClaims, ISSUER } from "../fixture/tokens.ts";
import { createCall } from "../gate/countersign.ts";
import { answerParent } from "../run/answer-parent.ts";
import { usedBytes } from "../run/used-bytes.ts";

/** Whose cache is filled. */
export type CacheName = "countersign" | "fast-jwt";

type Remember = (token: string) => unknown;

const secret = randomBytes(32);
// Signed with a shared secret, because a hundred thousand signatures of ES256 take long. A verdict is the same
// whatever signed the token: it holds the claims, and a reference to a key that all of them share.
const header = encode({ alg: "HS256", typ: "at+jwt" });

const CACHES: Readonly<Record<CacheName, (entries: number) => Remember>> = {
  countersign: (entries) => {
    const { requestGate } = createAuth({
      routes: createEchoRoutes(),
      issuers: [{ issuer: ISSUER, keys: { sharedSecret: secret } }],
      audience: AUDIENCE,
      verdictCacheEntries: entries,
    });
    return (token) => requestGate(createCall(token));
  },
  "fast-jwt": (entries) =>
    createVerifier({
      key: secret,
      algorithms: ["HS256"],
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      cache: entries,
    }),
};

/** Held here, so that nothing of it can be collected before it was measured. */
let cache: Remember | undefined;

answerParent({ measure });

/** Fill a cache to the brim. @returns the bytes of memory for each entry, the cache's own share included */
async function measure({
  name,
  entries,
}: {
  readonly name: CacheName;
  readonly entries: number;
}): Promise<number> {
  await fill(CACHES[name](WARM_UP_ENTRIES), WARM_UP_ENTRIES); // what code and shapes take is not the cache's
  const before = usedBytes();
  cache = CACHES[name](entries);
  await fill(cache, entries);
  return (usedBytes() - before) / entries;
}

const WARM_UP_ENTRIES = 500;

async function fill(remember: Remember, entries: number): Promise<void> {
  for (let count = 0; count < entries; count += 1) {
    await remember(mint());
  }
}

function mint(): string {
  const input = `${header}.${encode(createClaims())}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
