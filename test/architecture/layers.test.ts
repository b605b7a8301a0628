import { describe, expect, test } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { httpLayers, serverLayers, workspaceDirections } from "./layers.ts";
import { parseModule } from "./parse-module.ts";

const parse = (path: string, text: string) => parseModule({ path, text });

const badInputs: readonly BadInput[] = [
  {
    rule: workspaceDirections,
    path: "server/src/connect/gate.ts",
    bad: 'import { createSession } from "@countersign/sdk";',
    good: 'import { Policy } from "@countersign/gen/countersign/auth/v1/options_pb.js";',
    complaint: "server/src/connect/gate.ts:1 server may not import sdk",
  },
  {
    rule: workspaceDirections,
    path: "sdk/src/session.ts",
    bad: 'export type { Principal } from "../../server/src/authenticate/principal.ts";',
    good: 'export type { Clock } from "./clock.ts";',
    complaint: "sdk/src/session.ts:1 sdk may not import server",
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
    rule: serverLayers,
    path: "server/src/store/users.ts",
    bad: 'import type { Issued } from "../issue/mint.ts";',
    good: 'import type { Clock } from "../clock.ts";',
    complaint: "server/src/store/users.ts:1 server/src/store may not import issue",
  },
  {
    rule: serverLayers,
    path: "server/src/authorize/policy.ts",
    bad: 'import { lease } from "../streams/stream-registry.ts";',
    good: 'import type { Principal } from "../authenticate/principal.ts";',
    complaint: "server/src/authorize/policy.ts:1 server/src/authorize may not import streams",
  },
  {
    rule: serverLayers,
    path: "server/src/cli/serve.ts",
    bad: 'import { createAuth } from "../index.ts";',
    good: 'import { createAuth } from "../connect/create-auth.ts";',
    complaint: "server/src/cli/serve.ts:1 server/src/cli may not import index.ts",
  },
  {
    rule: httpLayers,
    path: "server/src/http/exchange/body.ts",
    bad: 'import type { Call } from "../call/call.ts";',
    good: 'import type { HttpRequest } from "../handler.ts";',
    complaint: "server/src/http/exchange/body.ts:1 server/src/http/exchange may not import call",
  },
  {
    rule: httpLayers,
    path: "server/src/http/call/invoke.ts",
    bad: 'import { ANSWERS } from "../unary/answers.ts";',
    good: 'import type { Exchange } from "../exchange/exchange.ts";',
    complaint: "server/src/http/call/invoke.ts:1 server/src/http/call may not import unary",
  },
  {
    rule: httpLayers,
    path: "server/src/http/unary/head.ts",
    bad: 'import { createRpcs } from "../rpc-handler.ts";',
    good: 'import { stateOf } from "../../connect/call-state.ts";',
    complaint: "server/src/http/unary/head.ts:1 server/src/http/unary may not import rpc-handler.ts",
  },
];

describe("each rule about layers", () => {
  testRules(badInputs);

  test("lets the files beside the folders see them and each other", () => {
    const imports = 'import { createRpcs } from "./rpc-handler.ts"; import { Call } from "./call/call.ts";';
    expect(httpLayers(parse("server/src/http/build-server.ts", imports))).toEqual([]);
  });

  test("does not know a layer that nobody placed", () => {
    const stray = parse("server/src/misc/helper.ts", 'import { a } from "../errors/auth-error.ts";');
    expect(() => serverLayers(stray)).toThrow("server/src/misc has no place among the layers");
  });
});
