import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getOption } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { AuthReason, AuthReasonSchema, auth_reason } from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import { describe, expect, test } from "vitest";
import { METRICS, type MetricDefinition } from "../../server/cli/src/operate/metric-list.ts";
import type { Setting } from "../../server/cli/src/setting.ts";
import { SETTINGS } from "../../server/cli/src/settings.ts";
import { readTrustedIssuers } from "../../server/cli/src/trusted-issuers.ts";
import { resolveIssuer } from "../../server/gate/src/connect/resolve-issuer.ts";
import { systemClock } from "../../server/gate/src/kernel/clock.ts";
import { createIssuer } from "../../server/issuer/src/create-issuer.ts";
import { inFolder } from "../issuer/create-issuer/own-issuer.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { DOCUMENTS, documentOf, ROOT } from "./documents.ts";
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
    const rows = Object.entries<MetricDefinition>(METRICS).map(toMetricRow);
    await expect(replaceRows(markdown, "Metrics", rows)).toMatchFileSnapshot(join(ROOT, "docs/operating.md"));
  });

  test("lists no metric that a server does not have", async () => {
    await using server = await startServer();
    const [, url = ""] = await server.program.untilPrinted(/Metrics +(\S+)/);
    const exposed = await (await fetch(url)).text();
    const names = [...exposed.matchAll(/^# TYPE (countersign_\w+)/gm)].map(([, name]) => name);
    const elsewhere = Object.entries<MetricDefinition>(METRICS).filter(({ 1: { help } }) =>
      /^With `--/.test(help),
    );
    expect(new Set([...names, ...elsewhere.map(([name]) => name)])).toEqual(new Set(Object.keys(METRICS)));
    expect(names).toHaveLength(new Set(names).size);
    expect(exposed).toContain("countersign_ready 1");
    expect(exposed).toMatch(/^countersign_build_info\{version="\d[^"]*"\} 1$/m);
    expect(exposed).toMatch(/^countersign_revocations_read_seconds \d{10}/m);
    expect(exposed).toMatch(/^countersign_signing_key_active_seconds \d{10}/m);
    expect(exposed).not.toMatch(/^countersign_bus_up /m);
  });
});

function toMetricRow([name, { type, labels, help }]: readonly [string, MetricDefinition]): string {
  const shown = labels === undefined ? name : `${name}{${labels.join(",")}}`;
  return `| \`${shown}\` | ${type} | ${help} |`;
}

function toRow({ flag, placeholder, variable, fallback, help }: Setting<unknown>): string {
  const option = placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`;
  const hasDefault = placeholder !== undefined && fallback !== undefined && fallback !== "";
  return `| \`${option}\` | \`${variable}\` | ${hasDefault ? `\`${fallback}\`` : ""} | ${help} |`;
}

describe("docs/errors.md", () => {
  const rows = parseTable(documentOf("docs/errors.md").markdown, "Reasons").map(([names = "", ...texts]) => [
    ...names.replaceAll("`", "").split("<br>"),
    ...texts,
  ]);
  const reasons = AuthReasonSchema.values.filter(({ number }) => number !== AuthReason.UNSPECIFIED);

  test("lists every reason of errors.proto once, in its order", () => {
    expect(rows.map(([name]) => name)).toEqual(reasons.map(({ localName }) => localName));
  });

  test.each(notEmpty(reasons))(
    "says of $localName its code, its metadata, what it means and what to do",
    (reason) => {
      const { code, metadataKeys } = getOption(reason, auth_reason);
      const [, documentedCode, means = "", advice = ""] =
        rows.find(([name]) => name === reason.localName) ?? [];
      expect(documentedCode).toBe(Code[code]);
      expect(means).toMatch(/\w.*\.$/);
      expect(advice).toMatch(/\w.*\.$/);
      const keys = [...means.matchAll(/`([a-z_]+)`/g)].map(([, key]) => key);
      expect(keys).toEqual(metadataKeys);
    },
  );
});

const expectNoWarning = (warning: string): void => {
  throw new Error(warning);
};

test("every file of issuers in the documents is one that the server takes", async () => {
  const files = DOCUMENTS.flatMap(({ fences }) => fences).filter(
    ({ attributes }) => attributes["trusted-issuers"] !== undefined,
  );
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "issuers.json");
  expect(files).not.toHaveLength(0);
  await writeFile(join(folder.path, "token"), "a.b.c");
  await writeFile(join(folder.path, "ca.crt"), createSelfSigned().cert);
  for (const { text } of files) {
    // Files of a pod are beside the file here.
    await writeFile(path, text.replaceAll("/var/run/secrets/kubernetes.io/serviceaccount/", ""));
    for (const entry of await readTrustedIssuers(path, expectNoWarning)) {
      const { exchange: _, clientsOnly: __, ...issuer } = entry;
      expect(() => resolveIssuer(issuer, SERVER)).not.toThrow();
    }
  }
  await writeFile(
    path,
    '[{ "issuer": "https://login.example.com", "jwks_uri": "https://login.example.com/keys" }]',
  );
  await expect(readTrustedIssuers(path, expectNoWarning)).rejects.toThrow(
    'there is no member "jwks_uri": did you mean keys.jwksUri?',
  );
});

test("docs/issuer.md lists every method of what an issuer hands out, once", async () => {
  await using folder = await createTemporaryFolder();
  await using issuer = await createIssuer(inFolder(folder.path));
  const { accounts, clients, sessions, keys } = issuer;
  const methods = Object.entries({ accounts, clients, sessions, keys }).flatMap(([name, part]) =>
    Object.keys(part).map((method) => `${name}.${method}`),
  );
  const rows = parseTable(documentOf("docs/issuer.md").markdown, "Accounts, clients, sessions and keys");
  expect(rows.map(([call = ""]) => call.replace(/\(.*/, "")).toSorted()).toEqual(methods.toSorted());
});

const SERVER = { audience: "notes", clock: systemClock };
