import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import type { FederatedIssuerOptions } from "../../server/issuer/src/create-issuer/federated-issuer.ts";
import type { CreateIssuerOptions } from "../../server/issuer/src/create-issuer/options.ts";
import { type OpenIssuer, openIssuer } from "../../server/issuer/src/create-issuer.ts";
import type { FederatedIssuer } from "../../server/issuer/src/credentials/federated-identity.ts";
import type { RevocationRecord } from "../../server/issuer/src/store/revocations.ts";
import { databaseIn } from "./stores.ts";
import { createTemporaryFolder, databaseParent } from "./temporary-folder.ts";
import { createWallClock, type WallClock } from "./test-clock.ts";
import { TEST_AUDIENCE, TEST_ISSUER } from "./test-issuer.ts";

/** The origin whose pages may use the refresh cookie. */
export const COOKIE_ORIGIN = "https://app.example";

/** An issuer of `createIssuer` on a SQLite store, and a clock that stands still. */
export interface OwnIssuer extends AsyncDisposable {
  readonly issuer: OpenIssuer;
  readonly dataDir: string;
  readonly clock: WallClock;
  /** What was told to the audit trail. */
  readonly events: readonly AuditEvent[];
  /** What went wrong inside, if anything did. */
  readonly errors: unknown[];
  /** All that was revoked. */
  readonly revoked: readonly RevocationRecord[];
}

/** Where an issuer of tests is, if not on an empty store. */
export interface OwnIssuerPlace
  extends Pick<
    CreateIssuerOptions,
    | "claims"
    | "dpop"
    | "federatedIssuers"
    | "maxTokenBytes"
    | "newSessionsPerHour"
    | "resources"
    | "tokenRevocationsPerHour"
  > {
  readonly dataDir?: string;
  readonly clock?: WallClock;
}

/**
 * Start the issuer.
 *
 * @param federated the other issuers whose tokens are exchanged
 * @param place where it is, and what its tokens say. Default: on an empty store, which goes with it
 */
export async function startOwnIssuer(
  federated: readonly FederatedIssuer[] = [],
  place?: OwnIssuerPlace,
): Promise<OwnIssuer> {
  await using stack = new AsyncDisposableStack();
  const dataDir = place?.dataDir ?? stack.use(await createTemporaryFolder(databaseParent())).path;
  const clock = place?.clock ?? createWallClock();
  const events: AuditEvent[] = [];
  const errors: unknown[] = [];
  const revoked: RevocationRecord[] = [];
  const issuer = stack.use(
    await openIssuer({
      store: { sqlite: databaseIn(dataDir) },
      secret: new Uint8Array(32).fill(7),
      url: TEST_ISSUER,
      audience: TEST_AUDIENCE,
      ...(place?.claims && { claims: place.claims }),
      ...(place?.resources && { resources: place.resources }),
      ...(place?.dpop && { dpop: place.dpop }),
      maxTokenBytes: place?.maxTokenBytes,
      ...(place?.newSessionsPerHour && { newSessionsPerHour: place.newSessionsPerHour }),
      ...(place?.tokenRevocationsPerHour && { tokenRevocationsPerHour: place.tokenRevocationsPerHour }),
      clockToleranceMs: 0,
      federatedIssuers: [...federated.map(toOptions), ...(place?.federatedIssuers ?? [])],
      allowedOrigins: [COOKIE_ORIGIN],
      clock,
      audit: { record: (event) => void events.push(event) },
      onError: (error) => void errors.push(error),
      onWarning: () => undefined,
      // Weak passwords are quick; and time that has jumped is no outage of the store.
      insecure: { passwordCost: { memoryKib: 64, passes: 1 }, failOpen: true },
    }),
  );
  issuer.revocations.onRevoked(({ records }) => void revoked.push(...records));
  const kept = stack.move();
  return {
    issuer,
    dataDir,
    clock,
    events,
    errors,
    revoked,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Write another issuer as options. */
function toOptions({ trusted, roles, required, acr, amr, ...rest }: FederatedIssuer): FederatedIssuerOptions {
  const { issuer, audiences, algorithms, types, keys } = trusted;
  return {
    ...rest,
    issuer: { issuer, audiences, algorithms, types, keys: { source: keys } },
    roles: Object.fromEntries(roles),
    requiredClaims: Object.fromEntries(required),
    acr: acr && Object.fromEntries(acr),
    amr: amr && [...amr],
  };
}
