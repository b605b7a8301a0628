import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client, ConnectRouter } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import {
  type Revocation,
  SignalService,
  type WatchRequestSchema,
  type WatchResponse,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type { CreateIssuerOptions } from "../../../server/issuer/src/create-issuer/options.ts";
import { type OpenIssuer, openIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { clientOf } from "../../support/rpc.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { inFolder } from "../create-issuer/own-issuer.ts";

/** The scopes of a server that watches. */
const SIGNAL_SCOPES = ["signals:read", "signals:renew"];

/** A server that issues tokens and serves the feed of what is revoked. */
export interface SignalServer extends AsyncDisposable {
  readonly issuer: OpenIssuer;
  readonly baseUrl: string;
  /** Make a client, or a new secret for it, and sign in as it. @returns its access token */
  signIn(clientId?: string, scopes?: readonly string[]): Promise<string>;
  /** Make a client of the feed, which has signed in as itself. */
  connect(clientId?: string, scopes?: readonly string[]): Promise<Client<typeof SignalService>>;
  /** Say that it is about to stop. */
  readonly shutDown: () => void;
}

/** Start a server. @param options what is not as the tests have it, such as a store that several share */
export async function startSignalServer(options: Partial<CreateIssuerOptions> = {}): Promise<SignalServer> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder());
  const issuer = stack.use(
    await openIssuer(inFolder(folder.path, { onWarning: () => undefined, ...options })),
  );
  const routes = (router: ConnectRouter): void => issuer.routes(router);
  const auth = createAuth({ routes, issuers: [issuer.trust], audience: "billing", logRefusals: false });
  const shutdown = new AbortController();
  const listener = await listen(buildRequestListener({ ...auth, shutdownSignal: shutdown.signal }));
  stack.defer(() => listener.close(0));
  const baseUrl = `http://127.0.0.1:${listener.address.port}`;
  const kept = stack.move();
  const signInAs: SignalServer["signIn"] = async (clientId = "billing", scopes = SIGNAL_SCOPES) =>
    signIn(baseUrl, clientId, await createSecret(issuer, clientId, scopes));
  return {
    issuer,
    baseUrl,
    shutDown: () => shutdown.abort(),
    signIn: signInAs,
    connect: async (clientId, scopes) =>
      clientOf(SignalService, { baseUrl, protocol: "grpc", token: await signInAs(clientId, scopes) }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function createSecret(
  { clients }: OpenIssuer,
  clientId: string,
  scopes: readonly string[],
): Promise<string> {
  const known = await clients.find(clientId);
  const rights = { scopes, roles: [], grants: ["client_credentials"], mayIntrospect: false };
  const { secret = "" } =
    known === undefined
      ? await clients.create({ clientId, ...rights })
      : await clients.rotate(clientId, { overlapMs: 0 });
  return secret;
}

async function signIn(baseUrl: string, clientId: string, clientSecret: string): Promise<string> {
  const credential = { case: "clientSecret", value: { clientId, clientSecret } } as const;
  const { tokens } = await clientOf(SessionService, { baseUrl }).signIn({ credential });
  return tokens?.accessToken ?? "";
}

/** Name a server as it would itself. */
export function createServerId(): string {
  return randomBytes(16).toString("base64url");
}

/** One call of a watcher, and what it has brought. */
export interface Watching extends AsyncDisposable {
  /** Read up to the next message of a kind. @throws what ends the call */
  until<Kind extends Message["case"]>(
    kind: Kind,
  ): Promise<Extract<Message, { readonly case: Kind }>["value"]>;
  /** Read up to the next Alive. @returns the values that are revoked, in the order in which they came */
  values(): Promise<readonly string[]>;
  /** The kinds of the messages that came, in their order. */
  readonly kinds: readonly string[];
  /** The cursor of the last Alive. */
  readonly cursor: bigint;
}

type Message = Extract<WatchResponse["kind"], { readonly value: unknown }>;

/** Watch. */
export function watch(
  client: Client<typeof SignalService>,
  request: MessageInitShape<typeof WatchRequestSchema> = {},
): Watching {
  const end = new AbortController();
  const order = { serverId: createServerId(), audience: "billing", ...request };
  const messages = client.watch(order, { signal: end.signal })[Symbol.asyncIterator]();
  const kinds: string[] = [];
  let cursor = 0n;
  const next = async (): Promise<Message> => {
    const { value, done } = await messages.next();
    const kind: WatchResponse["kind"] | undefined = done === true ? undefined : value.kind;
    if (kind?.case === undefined) {
      throw new Error("the feed has ended");
    }
    kinds.push(kind.case);
    cursor = kind.case === "alive" ? kind.value.cursor : cursor;
    return kind;
  };
  return {
    kinds,
    get cursor() {
      return cursor;
    },
    async until(kind) {
      for (;;) {
        const message = await next();
        if (message.case === kind) {
          return message.value as never; // it is of that kind
        }
      }
    },
    async values() {
      const values: string[] = [];
      for (;;) {
        const message = await next();
        if (message.case === "alive") {
          return values;
        }
        values.push(...(message.case === "revocations" ? message.value.revocations.map(textOf) : []));
      }
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await messages.next().catch(() => undefined);
    },
  };
}

/** What is revoked, as text. */
export function textOf({ match }: Revocation): string {
  return match.case === "value" ? match.value : Buffer.from(match.value ?? []).toString("hex");
}
