import { join } from "node:path";
import type { Issuer } from "@countersign/issuer";
import { answerParent } from "../run/answer-parent.ts";
import { cpuMicroseconds, residentBytes } from "../run/own-use.ts";
import { fetchToken } from "./fetch-token.ts";
import { openIssuer, serveFeed } from "./hub.ts";
import { machineMs } from "./machine-ms.ts";

let issuer: Issuer | undefined;
let revoked = 0;

/** Start a server that serves the feed, with its store in a folder. @returns its port, and a token of a client that may watch */
async function start(folder: string): Promise<{ readonly port: number; readonly token: string }> {
  issuer = await openIssuer({ sqlite: join(folder, "auth.db") });
  const { port, ...client } = await serveFeed(issuer);
  return { port, token: await fetchToken(`http://127.0.0.1:${port}`, client) };
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
