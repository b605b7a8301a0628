import type { Case, HeaderFields } from "../case.ts";
import { caseOf, DIALECTS, inDialects } from "../wire.ts";

const FORMS: Readonly<Record<string, HeaderFields>> = {
  "a header that stands twice": [
    ["x-twice", "one"],
    ["x-twice", "two, three"],
  ],
  "an empty header": [["x-empty", ""]],
  "a binary header": [["x-data-bin", "AAH+/w"]],
  "a binary header with padding": [["x-data-bin", "AAH+/w=="]],
  "a binary header twice": [
    ["x-data-bin", "AAH+/w"],
    ["x-data-bin", "//8"],
  ],
  "a binary header that is no base64": [["x-data-bin", "*** no ***"]],
  "a header in upper case": [["X-Upper-Case", "Value"]],
  "a header of Latin-1": [["x-latin", "caf\u00e9"]],
  "a header with spaces around it": [["x-spaces", "  inside  "]],
  "a very long header": [["x-long", "y".repeat(8_000)]],
  "a hundred headers": Array.from(
    { length: 100 },
    (_, index) => [`x-number-${index}`, String(index)] as const,
  ),
  "a header with the name of a member of every object": [
    ["__proto__", "1"],
    ["constructor", "2"],
    ["tostring", "3"],
  ],
  "a user agent": [["user-agent", "grpc-test/1.0 (differential)"]],
  "two cookies": [
    ["cookie", "a=1"],
    ["cookie", "b=2"],
  ],
  "headers of others' protocols": [
    ["grpc-message-type", "test.v1.Echo"],
    ["grpc-previous-rpc-attempts", "2"],
    ["x-grpc-web", "1"],
    ["x-user-agent", "grpc-web-javascript/0.1"],
    ["connect-content-encoding", "identity"],
    ["grpc-trace-bin", "AAAA"],
    ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ],
  "grpc-status in the request": [["grpc-status", "5"]],
  "expect: 100-continue": [["expect", "100-continue"]],
  "expect: something else": [["expect", "more"]],
  "an origin that is not allowed": [["origin", "https://other.example"]],
  "its own origin": [["origin", "http://server"]],
  "a priority": [["priority", "u=1, i"]],
  "an accept header": [["accept", "application/xml"]],
  "if-none-match": [["if-none-match", "*"]],
  range: [["range", "bytes=0-1"]],
};

/** Headers in every form, told to the handler as they should be. */
export const headerCases: readonly Case[] = [
  ...Object.entries(FORMS).flatMap(([name, more]) => [
    ...inDialects(["grpc", "grpc-web", "connect-json"], name, { more }),
    caseOf("connect-json", `${name}, over HTTP/1.1`, { more, transport: "http1" }),
  ]),
  caseOf("grpc", "te is missing", { fields: [["content-type", "application/grpc"]] }),
  caseOf("grpc", "te is another, over HTTP/1.1", {
    transport: "http1",
    fields: [
      ["content-type", "application/grpc"],
      ["te", "gzip"],
    ],
  }),
  ...(["connect", "connect-json"] as const).flatMap((dialect) => {
    const type = ["content-type", dialect === "connect" ? "application/proto" : "application/json"] as const;
    return [
      caseOf(dialect, "no protocol version", { fields: [type] }),
      ...["2", "", "1.0", "one"].map((version) =>
        caseOf(dialect, `protocol version ${JSON.stringify(version)}`, {
          fields: [type, ["connect-protocol-version", version]],
        }),
      ),
    ];
  }),
  ...inDialects(DIALECTS, "over HTTP/1.1", { transport: "http1" }),
  ...inDialects(DIALECTS, "with metadata of the handler's in the answer", { does: "headers" }),
  ...inDialects(DIALECTS, "with metadata of the handler's, over HTTP/1.1", {
    does: "headers",
    transport: "http1",
  }),
];

const ANSWERED = [
  "x-a=b",
  "content-type=text/plain",
  "content-length=3",
  "content-encoding=gzip",
  "grpc-encoding=gzip",
  "grpc-status=5",
  "grpc-message=hello",
  "trailer-x=y",
  "set-cookie=a",
  "date=yesterday",
  "connection=close",
  "transfer-encoding=chunked",
  "status=204",
  "x-control=\u0001",
  "access-control-allow-origin=*",
  "www-authenticate=Bearer",
  "te=trailers",
  "grpc-accept-encoding=br",
  "connect-x=y",
] as const;

/** Node throws beside the call for these as trailers of HTTP/2, and connect's own handler takes the process with it. */
const NO_TRAILERS = /^(connection|transfer-encoding|te)=/;

/** What a handler may write into the header and the trailer of its answer, wisely or not. */
export const answeredHeaderCases: readonly Case[] = (["grpc", "grpc-web", "connect"] as const).flatMap(
  (dialect) => [
    ...ANSWERED.map((field) =>
      caseOf(dialect, `the handler adds header ${JSON.stringify(field)}`, {
        does: `set-header ${encodeURI(field)}`,
      }),
    ),
    ...ANSWERED.filter((field) => dialect !== "grpc" || !NO_TRAILERS.test(field)).map((field) =>
      caseOf(dialect, `the handler adds trailer ${JSON.stringify(field)}`, {
        does: `set-trailer ${encodeURI(field)}`,
      }),
    ),
    ...["content-type", "grpc-status"].map((name) =>
      caseOf(dialect, `the handler deletes header ${name}`, { does: `delete-header ${name}` }),
    ),
  ],
);
