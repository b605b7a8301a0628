import { describe, expect, test } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { serverLayers, throughEntries, workspaceDirections } from "./layers.ts";
import { parseModule } from "./parse-module.ts";

const parse = (path: string, text: string) => parseModule({ path, text });

const badInputs: readonly BadInput[] = [
  {
    rule: workspaceDirections,
    path: "server/gate/src/connect/gate.ts",
    bad: 'import { createSession } from "@countersign/sdk";',
    good: 'import { Policy } from "@countersign/gen/countersign/auth/v1/options_pb.js";',
    complaint: "server/gate/src/connect/gate.ts:1 server/gate may not import sdk",
  },
  {
    rule: workspaceDirections,
    path: "server/gate/src/connect/gate.ts",
    bad: 'import { listen } from "@countersign/node";',
    good: 'import type { Clock } from "../kernel/clock.ts";',
    complaint: "server/gate/src/connect/gate.ts:1 server/gate may not import server/node",
  },
  {
    rule: workspaceDirections,
    path: "server/node/src/listener.ts",
    bad: 'import { createSessions } from "@countersign/issuer";',
    good: 'import { createAuth } from "@countersign/server";',
    complaint: "server/node/src/listener.ts:1 server/node may not import server/issuer",
  },
  {
    rule: workspaceDirections,
    path: "server/issuer/src/oauth2/endpoints.ts",
    bad: 'import { buildRequestListener } from "@countersign/node";',
    good: 'import type { Endpoint } from "@countersign/server";',
    complaint: "server/issuer/src/oauth2/endpoints.ts:1 server/issuer may not import server/node",
  },
  {
    rule: workspaceDirections,
    path: "server/demo/src/index.ts",
    bad: 'import { runCommand } from "../../cli/src/run-command.ts";',
    good: 'import { listen } from "@countersign/node";',
    complaint: "server/demo/src/index.ts:1 server/demo may not import server/cli",
  },
  {
    rule: workspaceDirections,
    path: "sdk/src/session.ts",
    bad: 'export type { Principal } from "../../server/gate/src/authenticate/principal.ts";',
    good: 'export type { Clock } from "./clock.ts";',
    complaint: "sdk/src/session.ts:1 sdk may not import server/gate",
  },
  {
    rule: workspaceDirections,
    path: "web-demo/src/main.tsx",
    bad: 'const helper = await import("../../test/support/server.ts");',
    good: 'const helper = await import("@countersign/sdk/browser");',
    complaint: "web-demo/src/main.tsx:1 web-demo may not import test",
  },
  {
    rule: workspaceDirections,
    path: "gen/other.ts",
    bad: 'type Session = import("@countersign/sdk").Session;',
    good: 'type Message = import("@bufbuild/protobuf").Message;',
    complaint: "gen/other.ts:1 gen may not import sdk",
  },
  {
    rule: throughEntries,
    path: "server/node/src/read-peer.ts",
    bad: 'import { toNetwork } from "../../gate/src/connect/network.ts";',
    good: 'import { toNetwork } from "@countersign/server/internal";',
    complaint: "server/node/src/read-peer.ts:1 ../../gate/src/connect/network.ts leads into another package",
  },
  {
    rule: serverLayers,
    path: "server/issuer/src/store/users.ts",
    bad: 'import type { Issued } from "../sessions/mint.ts";',
    good: 'import type { Clock } from "@countersign/server";',
    complaint: "server/issuer/src/store/users.ts:1 server/issuer/src/store may not import sessions",
  },
  {
    rule: serverLayers,
    path: "server/gate/src/authorize/policy.ts",
    bad: 'import { lease } from "../streams/stream-registry.ts";',
    good: 'import type { Principal } from "../authenticate/principal.ts";',
    complaint: "server/gate/src/authorize/policy.ts:1 server/gate/src/authorize may not import streams",
  },
  {
    rule: serverLayers,
    path: "server/gate/src/connect/gate.ts",
    bad: 'import { createAuth } from "../index.ts";',
    good: 'import { createAuthenticator } from "../authenticate/authenticator.ts";',
    complaint: "server/gate/src/connect/gate.ts:1 server/gate/src/connect may not import index.ts",
  },
  {
    rule: serverLayers,
    path: "server/node/src/exchange/body.ts",
    bad: 'import type { Call } from "../call/call.ts";',
    good: 'import type { HttpRequest } from "../handler.ts";',
    complaint: "server/node/src/exchange/body.ts:1 server/node/src/exchange may not import call",
  },
  {
    rule: serverLayers,
    path: "server/node/src/call/invoke.ts",
    bad: 'import { ANSWERS } from "../unary/answers.ts";',
    good: 'import type { HttpExchange } from "../exchange/http-exchange.ts";',
    complaint: "server/node/src/call/invoke.ts:1 server/node/src/call may not import unary",
  },
  {
    rule: serverLayers,
    path: "server/node/src/unary/serve-call.ts",
    bad: 'import { createRpcs } from "../rpc-handler.ts";',
    good: 'import { stateOf } from "@countersign/server/internal";',
    complaint: "server/node/src/unary/serve-call.ts:1 server/node/src/unary may not import rpc-handler.ts",
  },
];

describe("each rule about layers", () => {
  testRules(badInputs);

  test("lets the files beside the folders see them and each other", () => {
    const imports = 'import { createRpcs } from "./rpc-handler.ts"; import { Call } from "./call/call.ts";';
    expect(serverLayers(parse("server/node/src/build-server.ts", imports))).toEqual([]);
  });

  test("does not know a folder of a package that nobody placed", () => {
    for (const root of ["server/gate/src", "server/node/src", "server/issuer/src"]) {
      const stray = parse(`${root}/misc/helper.ts`, 'import { a } from "../errors/auth-error.ts";');
      expect(() => serverLayers(stray)).toThrow(`${root}/misc has no place among the layers`);
    }
  });
});
