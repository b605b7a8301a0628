import { createFileStore, createSession, type Session } from "@countersign/sdk/node";
import { type OidcSource, oidc } from "@countersign/sdk/oidc";
import { systemClock } from "@countersign/server/internal";
import type { LoginRecord, ProviderChoice } from "./login-record.ts";

/** Where a session is kept. */
export interface SessionPlace {
  readonly directory: string;
  /** Encrypts it. Undefined: it is kept in plain text. */
  readonly secret: string | undefined;
}

/** A session of a login. */
export interface OpenSession extends Disposable {
  readonly session: Session;
  /** What its store, or its last refresh, has failed with; undefined when neither has. */
  readonly failure: () => Error | undefined;
}

/** Open the session of a login. */
export function openSession({ server, provider }: LoginRecord, place: SessionPlace): OpenSession {
  const store = createFileStore({ directory: place.directory, secret: place.secret });
  const source = provider && toSource(server, provider);
  const session = createSession({ baseUrl: server, store, source });
  let failure: Error | undefined;
  session.on((event) => {
    if (event.type === "degraded") {
      failure = event.error;
    }
  });
  return {
    session,
    failure: () => (session.getSnapshot().degraded ? failure : undefined),
    [Symbol.dispose]: session.dispose,
  };
}

/** Make the source of tokens of a provider. */
export function toSource(issuer: string, choice: ProviderChoice): OidcSource {
  const { clientId, scopes, resource, audience } = choice;
  return oidc({ issuer, clientId, scopes, resource, parameters: { audience } });
}

/** Keep the process alive until something is done: the timers of the SDK let a process end. */
export async function keepingAlive<T>(run: () => Promise<T>): Promise<T> {
  const cancel = systemClock.schedule(() => undefined, LONGER_THAN_ANY_WAIT_MS, { keepsProcessAlive: true });
  try {
    return await run();
  } finally {
    cancel();
  }
}

/** A device code can be good for half an hour. */
const LONGER_THAN_ANY_WAIT_MS = 24 * 60 * 60 * 1_000;
