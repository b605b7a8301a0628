// A program on a machine whose clock is wrong: gets a token with a signed assertion and says what came of it.
import { clientCredentials } from "@countersign/sdk/oidc";
import { CLIENTS } from "./live-provider.ts";

const [issuer = "", skewMs = "0", pkcs8 = ""] = process.argv.slice(2);
const { now } = Date;
Date.now = () => now() + Number(skewMs);

const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const key = await crypto.subtle.importKey("pkcs8", Buffer.from(pkcs8, "base64"), algorithm, false, ["sign"]);
const proof = { kind: "private_key", key, keyId: "tests" } as const;
const source = clientCredentials({ issuer, clientId: CLIENTS.signing, proof, scopes: ["notes:read"] });
const { signal } = new AbortController();
for (const refreshId of ["first", "second"]) {
  const { accessToken } = await source.refresh({ refreshToken: undefined, refreshId, signal });
  process.stdout.write(`${accessToken === "" ? "nothing" : "a token"}\n`);
}
