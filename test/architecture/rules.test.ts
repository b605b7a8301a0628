import { describe, expect, test } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { findCycles, reachableFrom, resolveImport } from "./import-graph.ts";
import { parseModule } from "./parse-module.ts";
import * as rules from "./rules.ts";
import { foreignPlaces, MAX_LINES, tooLong } from "./text-rules.ts";

const parse = (path: string, text: string) => parseModule({ path, text });

const { portableSdkCore, oneReaderOfTheEnvironment, honestTypes, namedExports, keptLibraries } = rules;

const badInputs: readonly BadInput[] = [
  {
    rule: rules.notifyOverTheBus,
    path: "server/issuer/src/store/revocations.ts",
    bad: "await sql`select pg_notify('revoked', '')`.execute(trx);",
    good: 'await bus.publish("revoked", "");',
    complaint: "server/issuer/src/store/revocations.ts:1 notifies past the bus",
  },
  {
    rule: portableSdkCore,
    path: "sdk/src/session.ts",
    bad: 'import { randomBytes } from "node:crypto";',
    good: 'import { createClient } from "@connectrpc/connect";',
    complaint: "sdk/src/session.ts:1 the core of the SDK may not import node:crypto",
  },
  {
    rule: portableSdkCore,
    path: "sdk/src/session.ts",
    bad: 'import { fileStore } from "./node/file-store.ts";',
    good: 'import { memoryStore } from "./memory-store.ts";',
    complaint: "sdk/src/session.ts:1 the core of the SDK may not import sdk/src/node/file-store.ts",
  },
  {
    rule: portableSdkCore,
    path: "sdk/src/session.ts",
    bad: "const isNode = process.version;",
    good: "const isNode = options.process;",
    complaint: "sdk/src/session.ts:1 global process",
  },
  {
    rule: oneReaderOfTheEnvironment,
    path: "server/node/src/listener.ts",
    bad: "const port = process.env.COUNTERSIGN_PORT;",
    good: "const port = config.env.port;",
    complaint: "server/node/src/listener.ts:1 environment",
  },
  {
    rule: oneReaderOfTheEnvironment,
    path: "server/gate/src/connect/gate.ts",
    bad: "const mode = globalThis.process?.env?.NODE_ENV;",
    good: "const mode = globalThis.process?.version;",
    complaint: "server/gate/src/connect/gate.ts:1 environment",
  },
  {
    rule: honestTypes,
    path: "server/node/src/listener.ts",
    bad: "const port = (config as any).port;",
    good: "const any = 1;",
    complaint: "server/node/src/listener.ts:1 any",
  },
  {
    rule: honestTypes,
    path: "server/node/src/listener.ts",
    bad: "\nconst port = ports[0]!;",
    good: "const closed = !open;",
    complaint: "server/node/src/listener.ts:2 non-null assertion",
  },
  {
    rule: honestTypes,
    path: "server/node/src/listener.ts",
    bad: "enum Port { Http }",
    good: 'type Port = "http";',
    complaint: "server/node/src/listener.ts:1 enum",
  },
  {
    rule: honestTypes,
    path: "server/node/src/listener.ts",
    bad: `// @ts-${"ignore"}\nconst port = 1;`,
    good: "// @ts-expect-error ports are numbers\nconst port = 1;",
    complaint: "server/node/src/listener.ts:1 switches tsc off",
  },
  {
    rule: namedExports,
    path: "sdk/src/index.ts",
    bad: 'export * from "./session.ts";',
    good: 'export { createSession } from "./session.ts";',
    complaint: "sdk/src/index.ts:1 export *",
  },
  {
    rule: namedExports,
    path: "sdk/src/index.ts",
    bad: "export default 1;",
    good: "export const one = 1;",
    complaint: "sdk/src/index.ts:1 default export",
  },
  {
    rule: keptLibraries,
    path: "server/issuer/src/services/session-service.ts",
    bad: 'import { sql } from "kysely";',
    good: 'import { listLiveSessions } from "../store/sessions.ts";',
    complaint: "server/issuer/src/services/session-service.ts:1 kysely is not for this file",
  },
  {
    rule: keptLibraries,
    path: "server/gate/src/connect/gate.ts",
    bad: 'import { jwtVerify } from "jose";',
    good: 'import { verifyToken } from "../authenticate/verify-token.ts";',
    complaint: "server/gate/src/connect/gate.ts:1 jose is not for this file",
  },
];

describe("each rule", () => {
  testRules(badInputs);

  test("lets a configuration file export a default", () => {
    expect(namedExports(parse("test/vitest.config.ts", "export default {};"))).toEqual([]);
    expect(namedExports(parse("test/types/library.d.ts", "export default {};"))).toEqual([]);
  });

  test("cannot read a module that is not TypeScript", () => {
    expect(() => parse("server/gate/src/a.ts", "const = ;")).toThrow("server/gate/src/a.ts: ");
  });
});

describe("findCycles", () => {
  test("finds a cycle over three files, one of them for its types only", () => {
    const modules = [
      parse("server/gate/src/keys/a.ts", 'import { b } from "./b.ts";'),
      parse("server/gate/src/keys/b.ts", 'export { c } from "./c.ts";'),
      parse("server/gate/src/keys/c.ts", 'import type { A } from "./a.ts";'),
    ];
    expect(findCycles(modules)).toEqual([
      [
        "server/gate/src/keys/a.ts",
        "server/gate/src/keys/b.ts",
        "server/gate/src/keys/c.ts",
        "server/gate/src/keys/a.ts",
      ],
    ]);
    expect(findCycles(modules.slice(0, 2))).toEqual([]);
  });
});

describe("resolveImport", () => {
  const table = {
    "./b.ts": "sdk/src/core/b.ts",
    "../node/index.ts": "sdk/src/node/index.ts",
    "@countersign/sdk": "sdk/src/index.ts",
    "@countersign/node": "server/node/src/index.ts",
    "@countersign/server/internal": "server/gate/src/internal.ts",
    "@countersign/gen/google/rpc/error_details_pb.js": "gen/es/google/rpc/error_details_pb.ts",
    jose: undefined,
  } satisfies Readonly<Record<string, string | undefined>>;
  for (const [specifier, path] of Object.entries(table)) {
    test(`finds ${specifier}`, () => {
      expect(resolveImport("sdk/src/core/a.ts", specifier)).toBe(path);
    });
  }
});

describe("reachableFrom", () => {
  test("follows imports, not importers", () => {
    const a = parse("server/gate/src/keys/a.ts", 'import { b } from "./b.ts";');
    const b = parse("server/gate/src/keys/b.ts", 'import "node:crypto";');
    const c = parse("server/gate/src/keys/c.ts", 'import { a } from "./a.ts";');
    expect(reachableFrom(a.path, [a, b, c])).toEqual([a, b]);
  });
});

describe("rules over text", () => {
  test("find a file that is a line too long", () => {
    expect(tooLong({ path: "a.ts", text: "\n".repeat(MAX_LINES) })).toEqual([]);
    expect(tooLong({ path: "a.ts", text: "\n".repeat(MAX_LINES + 1) })).toEqual([
      "a.ts has 251 lines, more than 250",
    ]);
  });

  const foreign = [
    {
      text: ["see ..", "shared", "design.md"].join("/"),
      complaint: "a.md:1 names a folder outside of the repository",
    },
    { text: ["", "work", "main"].join("/"), complaint: "a.md:1 names a folder of one machine" },
    { text: `http://${"registry"}.internal:4873/x`, complaint: "a.md:1 names a registry other than npm's" },
  ];
  for (const { text, complaint } of foreign) {
    test(`find: ${complaint}`, () => {
      expect(foreignPlaces({ path: "a.md", text })).toEqual([complaint]);
    });
  }

  test("do not mind what every machine has", () => {
    const text = "https://registry.npmjs.org/x ./shared/x framework/x /usr/bin/chromium";
    expect(foreignPlaces({ path: "a.md", text })).toEqual([]);
  });
});
