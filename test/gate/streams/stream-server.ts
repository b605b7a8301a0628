import type { ServiceImpl } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type { Decide } from "../../../server/gate/src/connect/decide.ts";
import type { IssuerSignals } from "../../../server/gate/src/connect/issuer-signals.ts";
import type { Observer } from "../../../server/gate/src/kernel/observe.ts";
import type { OtherServers } from "../../../server/gate/src/streams/renewal.ts";
import type { StreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import type { RpcOptions } from "../../../server/node/src/rpc-options.ts";
import { passWhileClosing } from "../../support/fake-time.ts";
import { createSigningKey, goodClaims, signToken } from "../../support/tokens.ts";
import { createRevocationSet } from "./revocation-set.ts";

/** The key of the issuer. */
export const streamKey = createSigningKey("ES256", "key-1");

/** A server of streams, which createAuth lets be renewed. */
export interface StreamServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly streams: StreamRegistry;
  /** Revoke a session: its calls are refused, and its streams end. */
  revoke(sessionId: string): void;
  /** Stop it. Its streams end in half of that time, in milliseconds. */
  close(graceMs: number): Promise<void>;
}

/** Sign a token that lasts so many milliseconds from now. */
export function tokenFor(lifeMs: number, claims: Readonly<Record<string, unknown>> = {}): string {
  const nowSeconds = Date.now() / 1000;
  const times = { iat: nowSeconds - 1, exp: nowSeconds + lifeMs / 1000 };
  return signToken(streamKey, goodClaims({ scope: "notes:read notes:write", ...times, ...claims }));
}

/** What a server of streams may have beside its handlers. */
export interface StreamServerOptions extends Pick<RpcOptions, "streamFastPath" | "shutdownSignal"> {
  readonly onError?: (error: unknown) => void;
  readonly onWarning?: (message: string) => void;
  readonly observe?: Observer;
  readonly decide?: Decide;
  /** The other servers of the issuer. Default: there are none. */
  readonly others?: OtherServers;
  /** The URLs that proofs name. Default: none. */
  readonly publicUrls?: readonly string[];
}

/** Start a server whose clocks have no tolerance. */
export async function startStreamServer(
  notes: Partial<ServiceImpl<typeof NotesService>>,
  { onError, onWarning, observe, decide, others, publicUrls, ...rpc }: StreamServerOptions = {},
): Promise<StreamServer> {
  const revocations = createRevocationSet();
  const auth = createAuth({
    routes: (router) => router.service(NotesService, notes),
    issuers: [
      {
        issuer: "https://issuer.example",
        keys: { jwks: { keys: [streamKey.jwk] } },
        ...(others === undefined ? {} : { signals: signalsWith(others) }),
      },
    ],
    audience: "ledger",
    clockToleranceSeconds: 0,
    revocations,
    ...(onError === undefined ? {} : { onError }),
    ...(onWarning === undefined ? {} : { onWarning }),
    ...(observe === undefined ? {} : { observe }),
    ...(decide === undefined ? {} : { decide }),
    ...(publicUrls === undefined ? {} : { publicUrls }),
  });
  const listener = await listen(buildRequestListener({ ...auth, ...rpc }));
  return {
    baseUrl: listener.origin,
    streams: auth.streams,
    revoke: (sessionId) => revocations.revoke(sessionId),
    close: (graceMs) => listener.close(graceMs),
    [Symbol.asyncDispose]: () => passWhileClosing(listener.close(0)),
  };
}

function signalsWith(others: OtherServers): IssuerSignals {
  return {
    renew: (streams, by) => others.renew(streams, by),
    ready: Promise.resolve(),
    isRevoked: () => false,
    onRenew: () => () => undefined,
  };
}
