import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { SessionService, type TokenSet } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { DEMO_ACCOUNT } from "./server-process.ts";

/** The protocols that a server speaks. */
export type Protocol = "grpc" | "grpc-web" | "connect";

/** All of them. */
export const PROTOCOLS: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

/** How to call. */
export interface CallOptions {
  readonly baseUrl: string;
  /** Default: `connect`. */
  readonly protocol?: Protocol;
  /** Sent as it is, when given. */
  readonly token?: string;
  readonly interceptors?: readonly Interceptor[];
}

const TRANSPORTS = {
  grpc: createGrpcTransport,
  "grpc-web": (options) => createGrpcWebTransport({ ...options, httpVersion: "1.1" }),
  connect: (options) => createConnectTransport({ ...options, httpVersion: "1.1" }),
} satisfies Record<Protocol, (options: { baseUrl: string; interceptors: Interceptor[] }) => Transport>;

/** HTTP/2 for gRPC, HTTP/1.1 for the others. */
function createTransport({
  baseUrl,
  protocol = "connect",
  token,
  interceptors = [],
}: CallOptions): Transport {
  const withToken: Interceptor = (next) => (req) => {
    if (token !== undefined) {
      req.header.set("authorization", `Bearer ${token}`);
    }
    return next(req);
  };
  return TRANSPORTS[protocol]({ baseUrl, interceptors: [withToken, ...interceptors] });
}

/** Make a client that sends one fixed token, without the SDK. */
export function clientOf<Service extends DescService>(
  service: Service,
  options: CallOptions,
): Client<Service> {
  return createClient(service, createTransport(options));
}

/** Sign in without the SDK. */
export async function signIn(
  baseUrl: string,
  account: { readonly username: string; readonly password: string } = DEMO_ACCOUNT,
): Promise<TokenSet> {
  const client = clientOf(SessionService, { baseUrl });
  const { tokens } = await client.signIn({ credential: { case: "password", value: account } });
  if (tokens === undefined) {
    throw new Error("the server signed in without tokens");
  }
  return tokens;
}
