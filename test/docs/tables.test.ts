import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { describe, expect, test } from "vitest";
import { SETTINGS, type Setting } from "../../server/cli/src/settings.ts";
import { readTrustedIssuers } from "../../server/cli/src/trusted-issuers.ts";
import { toConnectError } from "../../server/gate/src/connect/error-contract.ts";
import { resolveIssuer } from "../../server/gate/src/connect/issuer-options.ts";
import { AuthError, type AuthReason } from "../../server/gate/src/errors/auth-error.ts";
import { systemClock } from "../../server/gate/src/kernel/clock.ts";
import { startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { documentOf, ROOT } from "./documents.ts";
import { parseTable, replaceRows } from "./markdown.ts";

describe("docs/operating.md", () => {
  const { markdown } = documentOf("docs/operating.md");

  test("lists every setting of the server, as the command's help does", async () => {
    const rows = Object.values<Setting<unknown>>(SETTINGS).map(toRow);
    // Brought up to date with: npm test -- docs/tables -u
    await expect(replaceRows(markdown, "Settings", rows)).toMatchFileSnapshot(
      join(ROOT, "docs/operating.md"),
    );
  });

  test("lists every metric of our own", async () => {
    await using server = await startServer();
    const [, url = ""] = await server.program.untilPrinted(/Metrics +(\S+)/);
    const exposed = await (await fetch(url)).text();
    const names = [...exposed.matchAll(/^# TYPE (countersign_\w+)/gm)].map(([, name]) => name);
    const documented = parseTable(markdown, "Metrics").map(([name = ""]) => name.replace(/\{.*/, ""));
    expect(new Set(documented)).toEqual(new Set(names));
  });
});

function toRow({ flag, placeholder, variable, fallback, help }: Setting<unknown>): string {
  const option = placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`;
  const hasDefault = placeholder !== undefined && fallback !== undefined && fallback !== "";
  return `| \`${option}\` | \`${variable}\` | ${hasDefault ? `\`${fallback}\`` : ""} | ${help} |`;
}

// Complete by its type: a new reason must be added here before anything compiles.
const REASONS = {
  TOKEN_MISSING: true,
  TOKEN_INVALID: true,
  TOKEN_EXPIRED: true,
  SESSION_REVOKED: true,
  STREAM_EXPIRED: true,
  CREDENTIALS_INVALID: true,
  REFRESH_TOKEN_INVALID: true,
  DPOP_PROOF_INVALID: true,
  DPOP_NONCE_REQUIRED: true,
  INSUFFICIENT_SCOPE: true,
  POLICY_DENIED: true,
  REAUTH_REQUIRED: true,
  RATE_LIMITED: true,
  AUTH_UNAVAILABLE: true,
} as const satisfies Record<AuthReason, true>;

function isReason(name: string): name is AuthReason {
  return Object.hasOwn(REASONS, name);
}

describe("docs/errors.md", () => {
  const rows = parseTable(documentOf("docs/errors.md").markdown, "Reasons");

  test("lists every reason once", () => {
    expect(rows).toHaveLength(Object.keys(REASONS).length);
    expect(new Set(rows.map(([reason]) => reason))).toEqual(new Set(Object.keys(REASONS)));
  });

  test.each(rows.map(([reason = "", code = ""]) => ({ reason, code })))(
    "$reason has the code $code",
    ({ reason, code }) => {
      if (!isReason(reason)) throw new Error(`${reason} is no reason`);
      const error = toConnectError(new AuthError(reason, "a rule"));
      expect(Code[error.code]).toBe(code);
      expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason, domain: "countersign" }]);
    },
  );
});

test("docs/bring-your-own-idp.md has a file of issuers that the server takes", async () => {
  const files = documentOf("docs/bring-your-own-idp.md").fences.filter(
    ({ attributes }) => attributes["trusted-issuers"] !== undefined,
  );
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "issuers.json");
  expect(files).not.toHaveLength(0);
  for (const { text } of files) {
    await writeFile(path, text);
    const issuers = await readTrustedIssuers(path);
    expect(() => issuers.map((issuer) => resolveIssuer(issuer, SERVER))).not.toThrow();
  }
  await writeFile(
    path,
    '[{ "issuer": "https://login.example.com", "jwks_uri": "https://login.example.com/keys" }]',
  );
  await expect(readTrustedIssuers(path)).rejects.toThrow("needs exactly one of");
});

const SERVER = { audience: "notes", clock: systemClock };
