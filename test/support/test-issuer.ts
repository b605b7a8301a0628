import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import { createKeyRing, type KeyRing } from "../../server/issuer/src/keys/key-ring.ts";
import type { ExternalTerms } from "../../server/issuer/src/sessions/session-options.ts";
import { createSessions, type Sessions } from "../../server/issuer/src/sessions/sessions.ts";
import { type AccountWithPassword, insertAccount } from "../../server/issuer/src/store/accounts.ts";
import type { Store } from "../../server/issuer/src/store/database.ts";
import type { RevocationRecord } from "../../server/issuer/src/store/revocations.ts";
import { createWallClock, type WallClock } from "./test-clock.ts";

/** The claims `iss` and `aud` of the tokens of tests. */
export const TEST_ISSUER = "http://127.0.0.1:8080";
export const TEST_AUDIENCE = "tests";

/** A further resource that its tokens can be asked for. */
export const TEST_RESOURCE = "https://notes.example.com";

/** An issuer over a store, with a clock that stands still. */
export interface TestIssuer extends Disposable {
  readonly store: Store;
  readonly clock: WallClock;
  readonly secret: Uint8Array;
  readonly keyRing: KeyRing;
  readonly sessions: Sessions;
  /** All that was told to the audit trail. */
  readonly events: readonly AuditEvent[];
  /** All sessions that were revoked. */
  readonly revoked: readonly RevocationRecord[];
  readonly account: AccountWithPassword;
  /** What sessions of the subjects of other issuers may go on with, by issuer. None may at first. */
  readonly terms: Map<string, ExternalTerms>;
}

/** Start an issuer with one account. */
export async function startTestIssuer(store: Store, clock = createWallClock()): Promise<TestIssuer> {
  const secret = new Uint8Array(32).fill(7);
  const events: AuditEvent[] = [];
  const revoked: RevocationRecord[] = [];
  const audit = { record: (event: AuditEvent) => void events.push(event) };
  const keyRing = createKeyRing({ store, secret, clock, audit, times: { accessTtlMs: 600_000 } });
  await keyRing.start();
  const terms = new Map<string, ExternalTerms>();
  const sessions = createSessions({
    store,
    keyRing,
    secret,
    clock,
    audit,
    issuer: TEST_ISSUER,
    audience: TEST_AUDIENCE,
    resources: [TEST_RESOURCE],
    revocations: { learn: (records) => void revoked.push(...records) },
    externalTerms: (issuer) => terms.get(issuer),
  });
  const account = await addTestAccount(store, "ada");
  return {
    ...{ store, clock, secret, keyRing, sessions, events, revoked, account, terms },
    [Symbol.dispose]: () => keyRing.close(),
  };
}

/** Add an account that nobody can sign in to with a password. */
export async function addTestAccount(store: Store, username: string): Promise<AccountWithPassword> {
  const account: AccountWithPassword = {
    subject: `usr_${username}`,
    username,
    passwordHash: "none",
    scopes: ["notes:read", "notes:write"],
    roles: ["author"],
    claims: {},
    disabledAtMs: undefined,
    createdAtMs: 1,
  };
  await insertAccount(store, account);
  return account;
}
