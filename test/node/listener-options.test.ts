import { createServer } from "node:http";
import {
  buildRequestListener,
  createAdminHandler,
  guardNodeServer,
  type ListenOptions,
  listen,
  type NodeServer,
  type RequestListenerOptions,
} from "@countersign/node";
import {
  createFetchHandler,
  createRateLimit,
  createStandardServices,
  createStreamService,
} from "@countersign/server";
import { expect, test, vi } from "vitest";
import { service } from "../gate/connect/echo-kinds.ts";
import { issuer } from "../gate/connect/fixtures.ts";
import { createEchoAuth } from "../support/echo-server.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createSelfSigned } from "../support/self-signed.ts";

const { auth } = createEchoAuth(service, { issuers: [issuer] });
const metrics = { contentType: "text/plain", metrics: async () => "" };
const idle = { handle: () => undefined };

/** Plain JavaScript does not know the types: what stands here would not compile. */
function untyped<Options>(options: object): Options {
  return options as Options;
}

function build(options: object) {
  return buildRequestListener(untyped<RequestListenerOptions>({ ...auth, ...options }));
}

/** Options that are refused, and as what. */
type Refused = readonly { readonly given: object; readonly refusal: string }[];

test.each(
  notEmpty<Refused>([
    {
      given: { allowedHost: ["a"] },
      refusal: "listen has no option allowedHost: did you mean allowedHosts?",
    },
    {
      given: { prot: 0 },
      refusal: "listen has no option prot; it has host, port, tls, allowedHosts, limits",
    },
    {
      given: { tls: { ...createSelfSigned(), rejectUnauthorised: true } },
      refusal: "tls has no option rejectUnauthorised: did you mean rejectUnauthorized?",
    },
  ]),
)("listen: $refusal", async ({ given, refusal }) => {
  await expect(listen(idle, untyped<ListenOptions>(given))).rejects.toThrow(new TypeError(refusal));
});

test.each(
  notEmpty<Refused>([
    {
      given: { maxWaitingByte: 1 },
      refusal: "buildRequestListener has no option maxWaitingByte: did you mean maxWaitingBytes?",
    },
    {
      given: { endpoint: {} },
      refusal: "buildRequestListener has no option endpoint: did you mean endpoints?",
    },
    { given: { readMaxBytes: -1 }, refusal: "readMaxBytes must be a positive whole number" },
    { given: { writeMaxBytes: 0 }, refusal: "writeMaxBytes must be a positive whole number" },
    { given: { arrivalTimeoutMs: 0 }, refusal: "arrivalTimeoutMs must be a positive whole number" },
    { given: { maxWaitingBytes: 0 }, refusal: "maxWaitingBytes must be a positive whole number" },
  ]),
)("buildRequestListener: $refusal", ({ given, refusal }) => {
  expect(() => build(given)).toThrow(new TypeError(refusal));
});

/** Calls that lack what they cannot do without, and what is said of it. */
type Lacking = readonly (readonly [call: () => unknown, refusal: string])[];
const LACKING = notEmpty<Lacking>([
  [
    () => buildRequestListener(untyped({ routes: auth.routes })),
    "buildRequestListener needs requestGate and interceptors of createAuth: give it all that createAuth returns, as in buildRequestListener({ ...auth })",
  ],
  [() => build({ routes: undefined }), "buildRequestListener needs routes of createAuth: "],
  [
    () => build({ interceptors: auth.requestGate }),
    "buildRequestListener needs interceptors of createAuth: ",
  ],
  [() => Reflect.apply(buildRequestListener, undefined, []), "needs routes and requestGate and interceptors"],
  [() => listen(untyped(auth)), "listen needs a handler, as in listen(buildRequestListener({ ...auth }))"],
  [() => Reflect.apply(listen, undefined, []), "listen needs a handler"],
  [
    () => guardNodeServer(untyped<NodeServer>(idle.handle)),
    "guardNodeServer needs a server of node:http, node:https or",
  ],
  [
    () => createFetchHandler(untyped({ routes: auth.routes })),
    "createFetchHandler needs what createAuth returns, as in createFetchHandler(auth)",
  ],
  [() => createAdminHandler(untyped({ isReady: () => true })), "createAdminHandler: metrics must be where"],
  [() => createAdminHandler(untyped({ metrics })), "createAdminHandler: isReady must be a function"],
  [
    () => createRateLimit(untyped({ limit: 1, message: "x" })),
    "createRateLimit: windowMs must be a positive",
  ],
  [() => createRateLimit({ limit: -1, windowMs: 1, message: "x" }), "limit must be a positive number"],
  [() => createRateLimit(untyped({ limit: 1, windowMs: 1 })), "message must be a text"],
  [() => createStandardServices(untyped({})), "routes must be a function that registers your services"],
  [
    () => createStandardServices({ routes: auth.routes, reflection: untyped({ access: "public" }) }),
    "reflection must be one of authenticated, public, none",
  ],
  [() => createStreamService(untyped({})), "createStreamService: streams must be what createStreamRegistry"],
]);

test.each(LACKING)("%s is refused: %s", async (call, refusal) => {
  const failure = await Promise.resolve()
    .then(call)
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TypeError);
  expect(String(failure)).toContain(refusal);
});

test("guardNodeServer and createFetchHandler refuse a misspelt option", () => {
  const server = createServer();
  expect(() => guardNodeServer(server, untyped({ onErrors: () => undefined }))).toThrow(
    new TypeError("guardNodeServer has no option onErrors: did you mean onError?"),
  );
  expect(() => createFetchHandler(auth, untyped({ prefx: "/api" }))).toThrow(
    new TypeError("createFetchHandler has no option prefx: did you mean prefix?"),
  );
});

test("buildRequestListener takes all that createAuth returns, and names the options of Connect's router that change nothing", () => {
  const warnings: string[] = [];
  const onWarning = (warning: string): void => void warnings.push(warning);
  build({ onWarning, arrivalTimeoutMs: undefined, maxTimeoutMs: undefined, writeMaxBytes: 1 });
  expect(warnings).toEqual([]);

  build({ onWarning, grpc: false, maxTimeoutMs: 1_000 });
  expect(warnings).toEqual([
    "buildRequestListener does not use option grpc of Connect's router",
    "buildRequestListener does not use option maxTimeoutMs of Connect's router",
  ]);
});

test("listen refuses to start on Bun without TLS, where clients of HTTP/2 would get no answer", async () => {
  vi.stubGlobal("Bun", {});
  try {
    await expect(listen(idle)).rejects.toThrow("serve createFetchHandler(auth) with Bun.serve");
    const listener = await listen(idle, { tls: createSelfSigned() });
    await listener.close(0);
  } finally {
    vi.unstubAllGlobals();
  }
});
