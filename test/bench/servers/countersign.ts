import { buildRequestListener, listen } from "@countersign/node";
import { createAuth, principalOf } from "@countersign/server";
import { createEchoRoutes } from "../fixture/echo.ts";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";

/** Serve with Countersign as `countersign serve` does: its gate, its interceptors, its listener, all defaults. */
export async function startCountersign({ jwks }: PublicKeys): Promise<number> {
  const auth = createAuth({
    routes: createEchoRoutes(principalOf),
    issuers: [{ issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks } }],
    audience: AUDIENCE,
  });
  const listener = await listen(buildRequestListener(auth));
  return listener.address.port;
}
