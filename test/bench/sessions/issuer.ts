import { randomBytes } from "node:crypto";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { createKeyRing } from "../../../server/issuer/src/keys/key-ring.ts";
import { createSessions, type Sessions } from "../../../server/issuer/src/sessions/sessions.ts";
import { type AccountWithPassword, insertAccount } from "../../../server/issuer/src/store/accounts.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";

/** An issuer over a store, as a server has one. */
export interface BenchIssuer {
  readonly sessions: Sessions;
  readonly account: AccountWithPassword;
}

const CLIENT_ID = "countersign-first-party";

/** Start an issuer with one account. Its audit trail goes nowhere. */
export async function startBenchIssuer(store: Store): Promise<BenchIssuer> {
  const secret = new Uint8Array(randomBytes(32));
  const audit = { record: () => {} };
  const keyRing = createKeyRing({
    store,
    secret,
    clock: systemClock,
    audit,
    times: { accessTtlMs: 600_000 },
  });
  await keyRing.start();
  const sessions = createSessions({
    ...{ store, keyRing, secret, audit, clock: systemClock },
    issuer: "https://issuer.example",
    audience: "bench",
    revocations: { learn: () => {} },
  });
  const account: AccountWithPassword = {
    subject: "usr_bench",
    username: "bench",
    passwordHash: "none",
    scopes: ["notes:read", "notes:write"],
    roles: ["author"],
    claims: {},
    disabledAtMs: undefined,
    createdAtMs: 1,
  };
  await insertAccount(store, account);
  return { sessions, account };
}

/** Begin a session. @returns its refresh token */
export async function beginSession({ sessions, account }: BenchIssuer): Promise<string> {
  return (await sessions.begin({ account, clientId: CLIENT_ID, scopes: [] })).refreshToken;
}
