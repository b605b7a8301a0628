import { own } from "../../hostile/issuers.ts";
import { type Case, type HeaderFields, pathOf } from "../case.ts";
import { bodyOf, caseOf, DIALECTS, type Dialect, fieldsOf, inDialects } from "../wire.ts";

const bearer = (token: string): HeaderFields => [["authorization", `Bearer ${token}`]];
const good = bearer(own());
const admin = bearer(own({ scope: "admin" }));

const CREDENTIALS: Readonly<Record<string, HeaderFields>> = {
  "no token": [],
  "a good token": good,
  "a good token in lower case": [["authorization", `bearer ${own()}`]],
  garbage: bearer("garbage"),
  "an empty header": [["authorization", ""]],
  "another scheme": [["authorization", "Basic YTpi"]],
  "an expired token": bearer(own({ exp: 1_000 })),
  "a token that is not valid yet": bearer(own({ nbf: 4_000_000_000 })),
  "a token of another audience": bearer(own({ aud: "other" })),
  "a token of a revoked session": bearer(own({ sid: "session-revoked" })),
  "a token of an unknown issuer": bearer(own({ iss: "https://unknown.example" })),
  "a token under another key": bearer(own({}, { kid: "unknown" })),
  "two tokens": [...good, ...admin],
  "the same token twice": [...good, ...good],
  "a long token": bearer("a".repeat(9_000)),
};

function lengthOf(dialect: Dialect): HeaderFields[number] {
  return ["content-length", String(bodyOf(dialect, { text: "hello" }).length)];
}

/** A whole request, to stand behind another one on its connection. */
function nextRequest(): Uint8Array {
  const head = `POST ${pathOf("Open")} HTTP/1.1\r\nhost: server\r\ncontent-type: application/json\r\n`;
  return Buffer.from(`${head}content-length: 2\r\nconnection: close\r\n\r\n{}`);
}

const GATES = ["throw", "throw-error", "reject", "reject-later", "set-headers"];

/** What a gate decides. */
export const gateCases: readonly Case[] = [
  ...Object.entries(CREDENTIALS).flatMap(([name, more]) => [
    ...inDialects(["grpc", "grpc-web", "connect"], `${name} for a private method`, {
      more,
      path: pathOf("Private"),
    }),
    ...inDialects(["grpc"], `${name} for a method where it is optional`, { more, path: pathOf("Optional") }),
    ...inDialects(["connect-json"], `${name} for a private method over HTTP/1.1`, {
      more,
      path: pathOf("Private"),
      transport: "http1",
    }),
  ]),
  ...inDialects(DIALECTS, "a token without the scope", { more: good, path: pathOf("Scoped") }),
  ...inDialects(DIALECTS, "a token with the scope", { more: admin, path: pathOf("Scoped") }),
  ...inDialects(DIALECTS, "a message that the rule refuses", { more: good, path: pathOf("Ruled") }),
  ...inDialects(DIALECTS, "a message that the rule allows", {
    more: good,
    path: pathOf("Ruled"),
    message: { text: "allowed" },
  }),
  ...inDialects(DIALECTS, "a refusal while the body is still to come", (dialect) => ({
    path: pathOf("Private"),
    steps: [bodyOf(dialect, { text: "hello" }).subarray(0, 3)],
  })),
  ...inDialects(DIALECTS, "a refusal without a body", { path: pathOf("Private"), steps: ["end"] }),
  ...inDialects(
    ["connect-json", "grpc-web"],
    "a refusal over HTTP/1.1, and another call behind it",
    (dialect) => ({
      transport: "http1",
      path: pathOf("Private"),
      steps: [bodyOf(dialect, { text: "hello" }), nextRequest()],
      fields: [...fieldsOf(dialect), ["connection", "keep-alive"], lengthOf(dialect)],
    }),
  ),
  ...inDialects(
    ["connect-json"],
    "a refusal over HTTP/1.1, its body still to come, and another call behind it",
    {
      setup: "own gate",
      // The body may be there before the answer is.
      isChance: true,
      transport: "http1",
      steps: ["until gate", bodyOf("connect-json", { text: "hello" }), nextRequest()],
      fields: [
        ...fieldsOf("connect-json"),
        ["x-gate", "throw"],
        ["connection", "keep-alive"],
        lengthOf("connect-json"),
      ],
    },
  ),
  ...inDialects(["grpc", "connect"], "a refusal of a large body", {
    path: pathOf("Private"),
    steps: [new Uint8Array(300_000), "end"],
  }),
  ...inDialects(["grpc", "connect"], "a refusal of a body that would be refused too", {
    path: pathOf("Private"),
    more: [
      ["grpc-timeout", "never"],
      ["connect-timeout-ms", "never"],
      ["grpc-encoding", "zstd"],
      ["content-encoding", "zstd"],
    ],
  }),
  ...GATES.flatMap((gate) =>
    inDialects(DIALECTS, `a gate of one's own: ${gate}`, { setup: "own gate", more: [["x-gate", gate]] }),
  ),
  ...inDialects(["grpc", "connect"], "a gate of one's own: set-headers, and the call fails", {
    setup: "own gate",
    does: "fail-details 5",
    more: [["x-gate", "set-headers"]],
  }),
  caseOf("grpc", "a good token that is remembered", { more: good, path: pathOf("Private") }),
];
