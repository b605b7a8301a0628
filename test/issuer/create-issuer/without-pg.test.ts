import { expect, test } from "vitest";
import { runProgram } from "../../support/program.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

const ENTRY = new URL("../../../server/issuer/src/index.ts", import.meta.url).href;

/** Resolves `pg` as it would be in a folder where it was never installed. */
const HOOKS = `
import { registerHooks } from "node:module";
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, specifier === "pg" ? { ...context, parentURL: "file:///elsewhere/x.js" } : context),
});
const { createIssuer, IssuerError } = await import(${JSON.stringify(ENTRY)});
const options = { secret: new Uint8Array(32), url: "https://auth.example.com", audience: "billing" };
await (await createIssuer({ ...options, store: { sqlite: process.argv[1] } })).close();
await createIssuer({ ...options, store: { postgres: "postgres://127.0.0.1:1/x" } }).catch((error) =>
  console.log(error instanceof IssuerError, error.reason, error.message),
);
`;

test("a SQLite store needs no pg, and a Postgres store says how to get it", async () => {
  await using folder = await createTemporaryFolder();
  const { code, stdout, stderr } = await runProgram({
    file: process.execPath,
    args: ["--conditions=@countersign/source", "--input-type=module", "-e", HOOKS, `${folder.path}/auth.db`],
  });
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: "true PG_MISSING a Postgres store needs the package pg: npm install pg\n",
    stderr: "",
  });
});
