import { join } from "node:path";
import { createIssuer, type Issuer } from "@countersign/issuer";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth } from "@countersign/server";
import { answerParent } from "../run/answer-parent.ts";
import { cpuMicroseconds, residentBytes } from "../run/own-use.ts";
import { machineMs } from "./machine-ms.ts";

const AUDIENCE = "bench";
const CLIENT_ID = "watchers";

let issuer: Issuer | undefined;
let revoked = 0;

/** Start a server that serves the feed, with its store in a folder. @returns its port, and a token of a client that may watch */
async function start(folder: string): Promise<{ readonly port: number; readonly token: string }> {
  const made = await createIssuer({
    store: { sqlite: join(folder, "auth.db") },
    secret: new Uint8Array(32),
    url: "https://auth.example.com",
    audience: AUDIENCE,
  });
  issuer = made;
  const routes: Issuer["routes"] = (router) => made.routes(router);
  const auth = createAuth({ routes, issuers: [made.trust], audience: AUDIENCE });
  const { address } = await listen(buildRequestListener(auth));
  return { port: address.port, token: await createToken(made) };
}

async function createToken({ clients, endpoints }: Issuer): Promise<string> {
  const rights = {
    scopes: ["signals:read"],
    roles: [],
    grants: ["client_credentials"],
    mayIntrospect: false,
  };
  const { secret = "" } = await clients.create({ clientId: CLIENT_ID, ...rights });
  const form = { grant_type: "client_credentials", client_id: CLIENT_ID, client_secret: secret };
  const request = new Request("https://auth.example.com/oauth2/token", {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const response = await endpoints["/oauth2/token"]?.(request);
  const answer: unknown = await response?.json();
  return String(Reflect.get(Object(answer), "access_token"));
}

/** Revoke so many sessions: each when the one before is written, or all at once. @returns when each was ordered, as watchers say when it came */
async function revoke({
  count,
  isBurst,
}: {
  readonly count: number;
  readonly isBurst: boolean;
}): Promise<readonly number[]> {
  const orderedMs: number[] = [];
  const revokeOne = async (): Promise<void> => {
    revoked += 1;
    orderedMs.push(machineMs());
    await issuer?.revocations.revoke({ sid: `session-${String(revoked).padStart(14, "0")}` });
  };
  if (isBurst) {
    await Promise.all(Array.from({ length: count }, revokeOne));
    return orderedMs;
  }
  for (let done = 0; done < count; done += 1) {
    await revokeOne();
    // Longer than what comes is held back for more.
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  return orderedMs;
}

answerParent({
  start,
  revoke,
  cpuMicroseconds,
  residentBytes,
});
