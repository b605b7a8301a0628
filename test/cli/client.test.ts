import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { createSigningKey } from "../support/tokens.ts";
import { makeStore } from "./made-store.ts";
import { recordingTerminal } from "./recording-terminal.ts";

async function startCli() {
  const folder = await createTemporaryFolder();
  await makeStore(folder.path);
  const run = async (...args: readonly string[]) => {
    const terminal = recordingTerminal({ env: { COUNTERSIGN_DATA_DIR: folder.path } });
    const code = await runCommand(["client", ...args], terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
  };
  return { path: folder.path, run, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("a client's secret is printed once, and never listed", async () => {
  await using cli = await startCli();
  const added = await cli.run("add", "billing", "--scope", "a", "--scope", "b", "--role", "r", "--json");
  expect(added.code).toBe(0);
  const { secret, store, ...row } = JSON.parse(added.out);
  expect(store).toBe(databaseIn(cli.path));
  expect(secret).toMatch(/^css_[\w-]{43}$/);
  expect(row).toMatchObject({
    client: "billing",
    proof: "secret",
    scopes: ["a", "b"],
    roles: ["r"],
    grants: ["client_credentials"],
    introspects: false,
    disabled: null,
  });
  const listed = await cli.run("list", "--json");
  expect(JSON.parse(listed.out)).toEqual([row]);
  expect((await cli.run("list")).out).toContain("billing");
});

test("a client whose servers watch has the scopes for that beside its own", async () => {
  await using cli = await startCli();
  const added = await cli.run("add", "billing", "--scope", "notes:read", "--signals", "--json");
  expect(JSON.parse(added.out).scopes).toEqual(["notes:read", "signals:read", "signals:renew"]);
});

test("rotating a secret prints another", async () => {
  await using cli = await startCli();
  const first = JSON.parse((await cli.run("add", "billing", "--json")).out);
  const second = JSON.parse((await cli.run("rotate", "billing", "--overlap", "1h", "--json")).out);
  expect(second.secret).toMatch(/^css_/);
  expect(second.secret).not.toBe(first.secret);
  expect((await cli.run("rotate", "billing")).out).toMatch(/^billing has a new secret\.\nIts secret.*css_/);
});

test("a client with keys has no secret", async () => {
  await using cli = await startCli();
  const keys = join(cli.path, "keys.json");
  await writeFile(keys, JSON.stringify({ keys: [createSigningKey("ES256", "k1").jwk] }));
  const args = ["--jwks", keys, "--grant", "jwt-bearer", "--grant", "token-exchange", "--introspect"];
  const added = await cli.run("add", "billing", ...args, "--json");
  expect(JSON.parse(added.out)).toMatchObject({
    proof: "keys",
    grants: ["jwt-bearer", "token-exchange"],
    introspects: true,
  });
  expect(JSON.parse(added.out)).not.toHaveProperty("secret");
  expect((await cli.run("rotate", "billing", "--jwks", keys)).out).toBe("billing has new keys.");
});

const TRUST = ["--trust-issuer", "https://k8s.example", "--trust-subject", "system:serviceaccount:a:b"];

test("a client that another issuer vouches for has no secret, until it is given one", async () => {
  await using cli = await startCli();
  const added = JSON.parse((await cli.run("add", "billing", ...TRUST, "--trust-subject", "c", "--json")).out);
  expect(added).toMatchObject({
    ...{ proof: "issuer", issuer: "https://k8s.example", subjects: ["system:serviceaccount:a:b", "c"] },
  });
  expect(added).not.toHaveProperty("secret");
  expect(await cli.run("add", "second", ...TRUST)).toMatchObject({
    code: 1,
    err: expect.stringContaining("another client is one of these subjects of the issuer"),
  });
  expect((await cli.run("rotate", "billing", ...TRUST)).out).toBe(
    "billing has another issuer that vouches for it.",
  );
  expect(JSON.parse((await cli.run("rotate", "billing", "--json")).out)).toMatchObject({
    ...{ proof: "secret", issuer: null, subjects: null, secret: expect.stringMatching(/^css_/) },
  });
});

test("a client with a certificate has no secret, and is listed with what its certificate is known by", async () => {
  await using cli = await startCli();
  const file = join(cli.path, "billing.pem");
  await writeFile(file, createSelfSigned("billing").cert);
  const added = JSON.parse((await cli.run("add", "billing", "--certificate", file, "--json")).out);
  expect(added).toMatchObject({
    proof: "certificate",
    certificate: [expect.stringMatching(/^[\w-]{43}$/)],
  });
  expect(added).not.toHaveProperty("secret");
  const name = "uri:spiffe://acme.example/billing";
  expect((await cli.run("rotate", "billing", "--certificate-name", name)).out).toBe(
    "billing has a certificate that proves who it is.",
  );
  expect(JSON.parse((await cli.run("list", "--json")).out)).toMatchObject([{ certificate: name }]);
  expect(JSON.parse((await cli.run("rotate", "billing", "--json")).out)).toMatchObject({
    ...{ proof: "secret", certificate: null, secret: expect.stringMatching(/^css_/) },
  });
});

test("a client can be disabled and enabled", async () => {
  await using cli = await startCli();
  await cli.run("add", "billing");
  expect(JSON.parse((await cli.run("disable", "billing", "--json")).out)).toEqual({
    ...{ client: "billing", disabled: true, store: databaseIn(cli.path) },
  });
  expect(JSON.parse((await cli.run("list", "--json")).out)[0].disabled).not.toBeNull();
  expect((await cli.run("enable", "billing")).out).toBe("billing is enabled.");
});

const wrong = [
  { args: [], code: 2, message: "countersign client: it has these actions: add, list" },
  { args: ["add"], code: 2, message: "client add: it needs a CLIENT_ID" },
  { args: ["rotate", "x", "--overlap", "soon"], code: 2, message: "give either --jwks FILE or --overlap" },
  { args: ["add", "usr_x"], code: 1, message: "must not begin with" },
  { args: ["add", "x", "--grant", "password"], code: 1, message: "a grant must be one of" },
  { args: ["add", "x", "--jwks", "/nowhere"], code: 1, message: "cannot be read" },
  { args: ["add", "x", "--trust-issuer", "i"], code: 2, message: "--trust-subject SUBJECT together" },
  { args: ["rotate", "x", "--trust-subject", "s"], code: 2, message: "--trust-subject SUBJECT together" },
  { args: ["add", "x", ...TRUST, "--jwks", "f"], code: 2, message: "give --jwks FILE or --trust-issuer" },
  { args: ["rotate", "x", ...TRUST, "--overlap", "1h"], code: 2, message: "give either --jwks FILE" },
  { args: ["add", "x", "--trust-issuer", "", "--trust-subject", "s"], code: 1, message: "exact name" },
  { args: ["add", "x", "--certificate", "/nowhere"], code: 1, message: "cannot be read" },
  {
    args: ["add", "x", "--certificate", import.meta.filename],
    code: 1,
    message: "has no certificate in PEM",
  },
  { args: ["add", "x", "--certificate-name", "CN=x"], code: 2, message: "as subject:NAME" },
  { args: ["add", "x", "--certificate-name", "uri:x", "--jwks", "f"], code: 2, message: "no two of these" },
  { args: ["disable", "x"], code: 1, message: "there is no such client" },
];
for (const { args, code, message } of wrong) {
  test(`client ${args.join(" ")} is explained`, async () => {
    await using cli = await startCli();
    const result = await cli.run(...args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });
}
