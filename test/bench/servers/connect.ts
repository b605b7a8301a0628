import { createServer as createHttp1Server, type Server as Http1Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import { Code, ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import { createEchoRoutes } from "../fixture/echo.ts";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import type { StartSide } from "./side.ts";

/** Serve with connect-node as it comes, over h2c, and let everyone in. */
export const startConnectNoAuth: StartSide = () =>
  listenOn(createHttp2Server(connectNodeAdapter({ routes: createEchoRoutes() })));

/** The same over HTTP/1.1. */
export const startConnectNoAuthHttp1: StartSide = () =>
  listenOn(createHttp1Server(connectNodeAdapter({ routes: createEchoRoutes() })));

/** Serve with connect-node over h2c and an interceptor that verifies the token of every call. */
export const startConnectJose: StartSide = (keys) => listenOn(createHttp2Server(createJoseAdapter(keys)));

/** The same over HTTP/1.1. */
export const startConnectJoseHttp1: StartSide = (keys) =>
  listenOn(createHttp1Server(createJoseAdapter(keys)));

const claimsKey = createContextKey<JWTPayload | undefined>(undefined);

function createJoseAdapter(keys: PublicKeys): ReturnType<typeof connectNodeAdapter> {
  return connectNodeAdapter({
    routes: createEchoRoutes(({ values }) => values.get(claimsKey)?.sub),
    interceptors: [createJoseInterceptor(keys)],
  });
}

/** What the guides of both projects amount to: jose on the header, in an interceptor. */
function createJoseInterceptor({ jwks }: PublicKeys): Interceptor {
  const keySet = createLocalJWKSet({ keys: [...jwks.keys] });
  const expected = { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM] };
  return (next) => async (req) => {
    const header = req.header.get("authorization");
    if (header === null || !header.startsWith("Bearer ")) {
      throw new ConnectError("no token", Code.Unauthenticated);
    }
    try {
      const { payload } = await jwtVerify(header.slice("Bearer ".length), keySet, expected);
      req.contextValues.set(claimsKey, payload);
    } catch {
      throw new ConnectError("bad token", Code.Unauthenticated);
    }
    return next(req);
  };
}

function listenOn(server: Http1Server | Http2Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) {
        resolve(address.port);
      }
    });
  });
}
