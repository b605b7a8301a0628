import { X509Certificate } from "node:crypto";
import { create, type MessageShape } from "@bufbuild/protobuf";
import { createClient, type Interceptor } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Access, OnExpiry, TokenBinding } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import type { AuthOptions } from "../../../server/gate/src/connect/auth-options.ts";
import { certificateOf } from "../../../server/gate/src/connect/principal-context.ts";
import { createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { createAuthority, createSelfSigned, type SelfSigned } from "../../support/self-signed.ts";
import { createSigningKey, goodClaims, signToken } from "../../support/tokens.ts";

const policy = { access: Access.AUTHENTICATED };
const isBilling = "principal.certificate.san.uri.exists(uri, uri == 'spiffe://acme.example/billing')";

/** Methods that ask for a bound token, or for a certificate, or for neither. */
export const service = echoService({
  Call: { policy },
  Bound: { policy: { ...policy, binding: TokenBinding.REQUIRED } },
  Mesh: { policy: { ...policy, rule: isBilling } },
  Named: { policy: { ...policy, rule: "principal.certificate.subject == 'CN=billing'" } },
  NotEve: { policy: { ...policy, rule: "principal.certificate.subject != 'CN=eve'" } },
  Open: { policy: { access: Access.OPTIONAL, rule: `principal.binding == '' && ${isBilling}` } },
  Chat: { policy: { ...policy, stream: { onExpiry: OnExpiry.RENEW } }, kind: "bidi_streaming" },
});
const Echo = methodOf(service, "Call").input;
/** What is sent and answered. */
export type Echo = MessageShape<typeof Echo> & { text?: string };
/** A message. */
export const echo: Echo = create(Echo);

const issuerKey = createSigningKey("ES256", "key-1");

/** The certificate of the server. */
export const server: SelfSigned = createSelfSigned();
/** Who signs the certificates of clients. */
export const clients = createAuthority("clients");
/** Certificates that it has signed. */
export const billing = clients.issue("billing", { uri: ["spiffe://acme.example/billing"], dns: ["billing"] });
export const eve = clients.issue("eve", { uri: ["spiffe://acme.example/eve"] });
/** One of an authority that the server does not know, with the names of another. */
export const selfMade = createAuthority("strangers").issue("billing", {
  uri: ["spiffe://acme.example/billing"],
});

/** The thumbprint of a certificate, as claim `cnf` has it. */
export function thumbprintOf({ cert }: Pick<SelfSigned, "cert">): string {
  return Buffer.from(new X509Certificate(cert).fingerprint256.replaceAll(":", ""), "hex").toString(
    "base64url",
  );
}

/** Make a token. @param owner whose certificate it is bound to. Default: it is bound to nothing */
export function tokenOf(
  owner?: Pick<SelfSigned, "cert">,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const cnf = owner === undefined ? {} : { cnf: { "x5t#S256": thumbprintOf(owner) } };
  return signToken(issuerKey, goodClaims({ ...cnf, ...more }));
}

/** Put a gate before the methods; each answers with the thumbprint of the certificate that its handler sees. */
export function createBoundAuth(options: Partial<AuthOptions> = {}) {
  return createEchoAuth(service, {
    issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [issuerKey.jwk] } } }],
    routes: echoRoutes(service, (ctx) => certificateOf(ctx)?.thumbprint ?? "none"),
    clockToleranceSeconds: 5,
    ...options,
  });
}

/** The client of a service that is made at run time has no types of its own. */
export interface BoundClient {
  call(request: Echo): Promise<Echo>;
  bound(request: Echo): Promise<Echo>;
  mesh(request: Echo): Promise<Echo>;
  named(request: Echo): Promise<Echo>;
  notEve(request: Echo): Promise<Echo>;
  open(request: Echo): Promise<Echo>;
  chat(requests: AsyncIterable<Echo>, options?: object): AsyncIterable<Echo>;
}

/** Who calls, and with what. */
export interface Caller {
  readonly certificate?: SelfSigned | undefined;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const TRANSPORTS = {
  "connect, HTTP/1.1": (options: TransportOptions) =>
    createConnectTransport({ ...options, httpVersion: "1.1" }),
  "connect, HTTP/2": (options: TransportOptions) => createConnectTransport({ ...options, httpVersion: "2" }),
  grpc: createGrpcTransport,
  "grpc-web": (options: TransportOptions) => createGrpcWebTransport({ ...options, httpVersion: "1.1" }),
};
interface TransportOptions {
  readonly baseUrl: string;
  readonly interceptors: Interceptor[];
  readonly nodeOptions: object;
}

/** A protocol, and what it is carried by. */
export type Way = keyof typeof TRANSPORTS;
/** All of them. */
export const WAYS = Object.keys(TRANSPORTS) as readonly Way[];

/** Make the clients of a caller. */
export function clientsOf(baseUrl: string, way: Way, { certificate, token, headers }: Caller) {
  const transport = TRANSPORTS[way]({
    baseUrl,
    nodeOptions: { ca: server.cert, ...certificate },
    interceptors: [
      (next) => (req) => {
        for (const [name, value] of Object.entries({
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        })) {
          req.header.set(name, value);
        }
        return next(req);
      },
    ],
  });
  return {
    echo: createClient(service, transport) as unknown as BoundClient,
    streams: createClient(StreamService, transport),
  };
}
