import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport } from "@connectrpc/connect-node";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { type Auth, createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type { Observer } from "../../../server/gate/src/kernel/observe.ts";
import { clientSecret } from "../../../server/gate/src/signals/client-secret.ts";
import { createSignals } from "../../../server/gate/src/signals/create-signals.ts";
import type { Signals } from "../../../server/gate/src/signals/signals.ts";
import type { SignalsOptions } from "../../../server/gate/src/signals/signals-options.ts";
import { openIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { ADA, inFolder } from "../../issuer/create-issuer/own-issuer.ts";
import { findFreePort } from "../../support/free-port.ts";
import { clientOf } from "../../support/rpc.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

/** An issuer that serves its signals, with a client for servers of one's own, and an account. */
export async function startHub() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder());
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const issuer = stack.use(await openIssuer(inFolder(folder.path, { url, onWarning: () => undefined })));
  const serve = () => {
    // A server that has stopped has ended its streams for good.
    const auth = createAuth({
      routes: (router) => issuer.routes(router),
      issuers: [issuer.trust],
      audience: "billing",
      logRefusals: false,
    });
    const endpoints = { ...issuer.documents, ...issuer.endpoints };
    return listen(buildRequestListener({ ...auth, endpoints }), { port: Number(new URL(url).port) });
  };
  let listener = await serve();
  stack.defer(() => listener.close(0));
  await issuer.accounts.create(ADA);
  const secretOf = async (clientId: string, scopes: readonly string[]): Promise<string> => {
    const rights = { scopes, roles: [], grants: ["client_credentials"], mayIntrospect: false };
    return (await issuer.clients.create({ clientId, ...rights })).secret ?? "";
  };
  const secret = await secretOf("billing", ["signals:read", "signals:renew"]);
  const kept = stack.move();
  return {
    url,
    issuer,
    secretOf,
    /** Get a token for client `billing` itself. */
    async signInClient() {
      const credential = {
        case: "clientSecret",
        value: { clientId: "billing", clientSecret: secret },
      } as const;
      const { tokens } = await clientOf(SessionService, { baseUrl: url }).signIn({ credential });
      return tokens?.accessToken ?? "";
    },
    /** Make signals of the client, or of another one. */
    signals: (options: Partial<SignalsOptions> = {}): Signals =>
      createSignals({ issuer: url, credential: clientSecret("billing", secret), ...options }),
    /** Sign the account in. */
    async signIn() {
      const credential = { case: "password", value: ADA } as const;
      const { tokens } = await clientOf(SessionService, { baseUrl: url }).signIn({ credential });
      return { token: tokens?.accessToken ?? "", sessionId: tokens?.sessionId ?? "" };
    },
    stop: () => listener.close(0),
    async start() {
      listener = await serve();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What a server of one's own knows of the issuer beside its URL. */
interface OwnServerOptions {
  readonly signals: Signals;
  /** Default: `billing`. */
  readonly audience?: string;
  /** The role that a caller must have, beside what the proto asks for. Default: none. */
  readonly role?: string;
  readonly observe?: Observer;
}

function createOwnAuth(
  url: string,
  { signals, audience = "billing", role, observe }: OwnServerOptions,
): Auth {
  return createAuth({
    routes: (router) =>
      router.service(NotesService, {
        getNote: () => ({}),
        async *watchNotes(_, { signal }) {
          yield {};
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      }),
    issuers: [{ issuer: url, keys: { discovery: true } }],
    audience,
    signals,
    decide: ({ principal }) => role === undefined || principal?.roles.includes(role) === true,
    ...(observe === undefined ? {} : { observe }),
    logRefusals: false,
  });
}

/** Serve it with `listen`. */
export async function startListening(url: string, options: OwnServerOptions) {
  const auth = createOwnAuth(url, options);
  const listener = await listen(buildRequestListener({ ...auth }));
  return toOwnServer(auth, listener.address.port, () => listener.close(0));
}

/** Serve it with Connect's adapter, on a server of Node. */
export async function startAdapter(url: string, options: OwnServerOptions) {
  const auth = createOwnAuth(url, options);
  const server = createServer(connectNodeAdapter({ ...auth }));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return toOwnServer(auth, port, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

/** Name a stream, or a server: 128 random bits. */
export function createRandomName(): string {
  return randomBytes(16).toString("base64url");
}

function toOwnServer(auth: Auth, port: number, close: () => Promise<unknown>) {
  const transport = createConnectTransport({ baseUrl: `http://127.0.0.1:${port}`, httpVersion: "1.1" });
  const client = createClient(NotesService, transport);
  return {
    auth,
    /** Call with a token. */
    call: (token: string) => client.getNote({ id: "1" }, { headers: { authorization: `Bearer ${token}` } }),
    /** Open a stream with a token. @returns its messages */
    watch(token: string, streamId = createRandomName()) {
      const headers = { authorization: `Bearer ${token}`, "countersign-stream-id": streamId };
      return client.watchNotes({}, { headers })[Symbol.asyncIterator]();
    },
    [Symbol.asyncDispose]: async () => void (await close()),
  };
}
