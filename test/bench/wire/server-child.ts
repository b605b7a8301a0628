import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth } from "@countersign/server";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import { createStallWatch } from "../run/stalls.ts";
import { startGrpcJs } from "./grpc-js.ts";
import { routes } from "./handlers.ts";

const SERVERS = {
  async countersign({ jwks }: PublicKeys) {
    const auth = createAuth({
      routes,
      issuers: [{ issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks } }],
      audience: AUDIENCE,
    });
    return (await listen(buildRequestListener(auth))).address.port;
  },
  async "connect-no-auth"() {
    const server = createServer(connectNodeAdapter({ routes })).listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port; // it listens on TCP
  },
  "grpcjs-jsonwebtoken": startGrpcJs,
};

/** The servers that streams are sent to. */
export type WireServerName = keyof typeof SERVERS;

const stalls = createStallWatch();

answerParent({
  start: ({ name, keys }: { readonly name: WireServerName; readonly keys: PublicKeys }) =>
    SERVERS[name](keys),
  cpuMicroseconds: () => process.cpuUsage().user + process.cpuUsage().system,
  watchStalls: () => stalls.watch(),
  takeStalls: () => stalls.take(),
});
