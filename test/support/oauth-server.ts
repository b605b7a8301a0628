import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import type { Endpoint } from "../../server/gate/src/kernel/endpoint.ts";
import type { OpenIssuer } from "../../server/issuer/src/create-issuer.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../server/issuer/src/sessions/session-options.ts";
import type { Sessions } from "../../server/issuer/src/sessions/sessions.ts";
import type { IssuedTokens } from "../../server/issuer/src/sessions/tokens.ts";
import type { Store } from "../../server/issuer/src/store/database.ts";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import { listen } from "../../server/node/src/listener.ts";
import { type OwnIssuerPlace, startOwnIssuer } from "./own-issuer.ts";
import { createOtherIssuer, type OtherIssuer } from "./sign-ins.ts";
import { createTemporaryFolder, databaseParent } from "./temporary-folder.ts";
import { createWallClock, type WallClock } from "./test-clock.ts";
import { addTestAccount } from "./test-issuer.ts";

type Exchange = Parameters<typeof createOtherIssuer>[1];

/** The OAuth endpoints of an issuer on a port, over an empty store, with a clock that stands still. */
export interface OAuthServer extends AsyncDisposable {
  readonly origin: string;
  readonly issuer: Pick<OpenIssuer, "logouts"> & {
    readonly store: Store;
    readonly clock: WallClock;
    readonly sessions: Sessions;
  };
  /** An issuer whose tokens are exchanged. */
  readonly other: OtherIssuer;
  /** What went wrong inside, if anything did. */
  readonly errors: readonly unknown[];
  /** What was told to the audit trail since the last start. */
  readonly events: readonly AuditEvent[];
  /** Stop the issuer, and start it with another worth of the other's tokens; undefined: they are worth nothing. */
  restart(exchange: Exchange): Promise<void>;
  /** Begin a session of the account of tests, from our own pages. */
  beginSession(): Promise<IssuedTokens>;
  /** Post a form, and read the answer. */
  post(path: string, form: Form, headers?: Readonly<Record<string, string>>): Promise<OAuthAnswer>;
}

/** The parameters of a form. Pairs, where one may stand twice. */
export type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** An answer of an endpoint. */
export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; an empty object when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The origin whose scripts may call. */
export const ALLOWED_ORIGIN = "https://app.example";

/**
 * Start the endpoints.
 *
 * @param exchange what tokens of the other issuer are worth, where it differs
 * @param rates limits of the issuer, where they differ
 */
export async function startOAuthServer(
  exchange: Exchange = {},
  rates: Pick<OwnIssuerPlace, "newSessionsPerHour" | "tokenRevocationsPerHour"> = {},
): Promise<OAuthServer> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder(databaseParent()));
  const clock = createWallClock();
  const place = { dataDir: folder.path, clock, ...rates };
  const other = createOtherIssuer(clock, exchange);
  let own = await startOwnIssuer([other.federated], place);
  stack.defer(() => own[Symbol.asyncDispose]());
  const account = await addTestAccount(own.issuer.store, "ada");
  const listener = await serve(() => own.issuer, own.errors);
  stack.defer(() => listener.close(0));
  const kept = stack.move();
  return {
    origin: listener.origin,
    get issuer() {
      const { store, sessions, logouts } = own.issuer;
      return { store, sessions, logouts, clock };
    },
    other,
    errors: own.errors,
    get events() {
      return own.events;
    },
    async restart(changed) {
      await own[Symbol.asyncDispose]();
      const federated = changed === undefined ? [] : [{ ...other.federated, ...changed }];
      own = await startOwnIssuer(federated, place);
    },
    beginSession: () => own.issuer.sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] }),
    post: (path, form, headers = {}) => post(`${listener.origin}${path}`, form, headers),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Serve the endpoints of the issuer that there is now. */
function serve(issuerNow: () => OpenIssuer, errors: unknown[]): ReturnType<typeof listen> {
  const paths = Object.keys(issuerNow().endpoints);
  const endpointOf =
    (path: string): Endpoint =>
    async (request, context) =>
      (await issuerNow().endpoints[path]?.(request, context)) ?? new Response(null, { status: 404 });
  return listen(
    buildRequestListener({
      routes: () => undefined,
      requestGate: () => undefined,
      interceptors: [],
      endpoints: Object.fromEntries(paths.map((path) => [path, endpointOf(path)])),
      allowedOrigins: [ALLOWED_ORIGIN],
      onError: (error) => void errors.push(error),
    }),
  );
}

async function post(
  url: string,
  form: Form,
  headers: Readonly<Record<string, string>>,
): Promise<OAuthAnswer> {
  const entries = Array.isArray(form) ? form : Object.entries(form);
  const body = new URLSearchParams(entries.map(([name, value]) => [name, value]));
  const response = await fetch(url, { method: "POST", body, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}
