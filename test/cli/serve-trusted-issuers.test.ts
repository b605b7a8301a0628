import { writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSelfSigned } from "../support/self-signed.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";
import { craftToken, macOf, signToken } from "../support/tokens.ts";
import { failToStart } from "./fail-to-start.ts";
import { claimsOf, key, other, startKeycloak } from "./issuer-check/check.ts";
import { startCommand } from "./running-command.ts";

const WHO_AM_I = "/countersign.auth.v1.SessionService/WhoAmI";

/** Serve with a file of issuers. */
async function serve(folder: TemporaryFolder, issuers: readonly object[], args: readonly string[] = []) {
  const path = join(folder.path, "issuers.json");
  await writeFile(path, JSON.stringify({ issuers }));
  const all = ["serve", "--audience", "notes", "--trusted-issuers", path, ...args];
  return await startCommand(all, { dataDir: folder.path });
}

/** Ask a server who a token stands for. */
async function whoAmI(baseUrl: string, headers: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(baseUrl + WHO_AM_I, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: "{}",
  });
  const { subject, roles, code }: Readonly<Record<string, unknown>> = JSON.parse(await response.text());
  return response.ok ? { subject, roles } : code;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test("a server takes the tokens of the file's issuers: by a preset, and by the secret of a file", async () => {
  await using folder = await createTemporaryFolder();
  await using keycloak = await startKeycloak();
  const realm = `${keycloak.origin}/realms/acme`;
  const secret = "0123456789abcdef0123456789abcdef";
  await writeFile(join(folder.path, "hush"), `${secret}\n`);
  await using server = await serve(folder, [
    { preset: "keycloak", options: { realm } },
    { issuer: "https://legacy.example", keys: { sharedSecretFile: "hush" }, exchange: {} },
  ]);
  const { baseUrl } = server;
  const claims = claimsOf(realm, { typ: "Bearer", realm_access: { roles: ["ops"] } });
  expect(await whoAmI(baseUrl, bearer(signToken(key, claims, { typ: "JWT" })))).toEqual({
    subject: "ada",
    roles: ["ops"],
  });
  // An ID token of the realm, and a key of somebody else.
  const idToken = signToken(key, claimsOf(realm, { typ: "ID" }), { typ: "JWT" });
  expect(await whoAmI(baseUrl, bearer(idToken))).toBe("unauthenticated");
  expect(await whoAmI(baseUrl, bearer(signToken(other, claims, { typ: "JWT" })))).toBe("unauthenticated");
  const legacy = (mac: string) =>
    craftToken({ alg: "HS256", typ: "at+jwt" }, claimsOf("https://legacy.example"), macOf(mac));
  expect(await whoAmI(baseUrl, bearer(legacy(secret)))).toMatchObject({ subject: "ada" });
  expect(await whoAmI(baseUrl, bearer(legacy(`${secret}\n`)))).toBe("unauthenticated");
  expect(server.terminal.warned.join("\n")).not.toContain(secret);
});

test("a server asks for keys with a token and a CA of their own", async () => {
  await using folder = await createTemporaryFolder();
  const tls = createSelfSigned();
  const asked: (string | undefined)[] = [];
  const cluster = createServer(tls, (req, res) => {
    asked.push(req.headers.authorization);
    res.end(JSON.stringify({ keys: [key.jwk] }));
  });
  await new Promise<void>((resolve) => cluster.listen(0, "127.0.0.1", resolve));
  const { port } = cluster.address() as AddressInfo;
  await writeFile(join(folder.path, "ca.crt"), tls.cert);
  await writeFile(join(folder.path, "token"), "of-this-pod\n");
  const jwksUri = `https://127.0.0.1:${port}/openid/v1/jwks`;
  const options = { jwksUri, bearerTokenFile: "token", caFile: "ca.crt" };
  await using server = await serve(folder, [{ preset: "kubernetes", options }]);
  const claims = claimsOf("https://kubernetes.default.svc.cluster.local", { aud: ["notes"] });
  expect(await whoAmI(server.baseUrl, bearer(signToken(key, claims, { typ: undefined })))).toMatchObject({
    subject: "ada",
  });
  expect(new Set(asked)).toEqual(new Set(["Bearer of-this-pod"]));
  cluster.closeAllConnections();
  cluster.close();
});

test("a server takes the token from the header that is named, and from no other", async () => {
  await using folder = await createTemporaryFolder();
  await using keycloak = await startKeycloak();
  const realm = `${keycloak.origin}/realms/acme`;
  const name = "cf-access-jwt-assertion";
  await using server = await serve(
    folder,
    [{ preset: "keycloak", options: { realm } }],
    ["--token-header", name],
  );
  const token = signToken(key, claimsOf(realm, { typ: "Bearer" }), { typ: "JWT" });
  expect(await whoAmI(server.baseUrl, { [name]: token })).toMatchObject({ subject: "ada" });
  expect(await whoAmI(server.baseUrl, bearer(token))).toBe("unauthenticated");
  expect(await whoAmI(server.baseUrl, { [name]: token, ...bearer(token) })).toBe("unauthenticated");
});

test("the flat form is read, with a warning in the log", async () => {
  await using folder = await createTemporaryFolder();
  await using server = await serve(folder, [{ issuer: "https://flat.example", jwks: { keys: [key.jwk] } }]);
  const token = signToken(key, claimsOf("https://flat.example"));
  expect(await whoAmI(server.baseUrl, bearer(token))).toMatchObject({ subject: "ada" });
  const warnings = server.terminal.warned.filter((line) => line.includes("issuers.json"));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("the next release does not read them");
});

test("an issuer that stands twice, or is the server's own, is one line", async () => {
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "issuers.json");
  const issuer = { issuer: "https://us.example", keys: { discovery: true } };
  const start = async (issuers: readonly object[]) => {
    await writeFile(path, JSON.stringify(issuers));
    const args = ["serve", "--audience", "notes", "--issuer", issuer.issuer, "--trusted-issuers", path];
    return await failToStart(folder.path, args);
  };
  expect(await start([issuer, issuer])).toEqual({
    code: 1,
    err: `countersign serve: ${path}: entries 1 and 2 are both of issuer https://us.example: make them one`,
  });
  expect(await start([issuer])).toEqual({
    code: 1,
    err: expect.stringMatching(
      /^countersign serve: .*entry 1 is of issuer https:\/\/us\.example, which is the built-in issuer .*$/,
    ),
  });
});
