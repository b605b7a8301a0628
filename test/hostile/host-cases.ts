import type { HeaderFields } from "../differential/case.ts";

/** Hosts that are none, as they stand in a header. */
export const badHosts: Readonly<Record<string, string>> = {
  "an open bracket": "[",
  "a close bracket": "]",
  "an IPv6 address that breaks off": "[::1",
  "an IPv6 address with a letter": "[::g]",
  "an IPv6 address outside of brackets": "::1",
  "an IPv4 address of five parts": "1.2.3.4.5",
  "an IPv4 address of large numbers": "256.256.256.256",
  "a space": "a b",
  "a tab": "a\tb",
  "an escape that is none": "%zz",
  "an escape that breaks off": "a%",
  "an escaped null": "a%00b",
  "an escaped slash": "a%2fb",
  "a port beyond the largest": "x:99999",
  "a port of letters": "a:b",
  "a negative port": "a:-1",
  "two ports": "a:1:2",
  "a port alone": ":80",
  "a colon alone": ":",
  "nothing at all": "",
  "spaces alone": "   ",
  "a user": "user@a",
  "a user with a password": "user:secret@a",
  "a path": "a/b",
  "a URL": "http://a",
  "a query": "a?b",
  "a fragment": "a#b",
  "a backslash": "a\\b",
  "angle brackets": "<a>",
  "a caret": "a^b",
  "a pipe": "a|b",
  "a quote and angle": 'a"<b',
  "a letter of Latin-1": "b\u00fccher.example",
  "letters in UTF-8": "b\u00c3\u00bccher.example",
  "bytes of no text": "\u00ff\u00fe",
  "a soft hyphen": "\u00ad",
  "5,000 letters": "a".repeat(5000),
};

/** Hosts that are. */
export const goodHosts: readonly string[] = [
  "a",
  "a.example",
  "A.EXAMPLE.",
  "a:8080",
  "a:",
  "127.0.0.1:1",
  "[::1]",
  "[::1]:65535",
  "a_b-c.example",
  "xn--bcher-kva.example",
  "a%41",
];

const PATH = "/test.v1.EchoService/Call";

/** Targets that no handler may get. */
export const badTargets: readonly string[] = [
  "//",
  "///",
  "//evil.example/",
  `/${PATH}`,
  "/\\",
  "/\\evil.example",
  "*",
  "http://[",
  "http://",
  "http://a/",
];

/** Targets that name the host of a call themselves: that in the field, and what else it may be. */
export const absoluteTargets: readonly string[] = [
  `http://a${PATH}`,
  `http://other.example${PATH}`,
  `https://other.example${PATH}`,
  `HTTP://user@other.example:1${PATH}`,
  `http://other.example/..${PATH}`,
];

interface Request {
  readonly hosts: readonly string[];
  readonly target?: string;
  readonly method?: string;
  readonly version?: "1.0" | "1.1" | "2.0";
  readonly fields?: HeaderFields;
}

/** Write a request of HTTP/1.1. Each host has a field of its own. */
export function toBytes({
  hosts,
  target = PATH,
  method = "POST",
  version = "1.1",
  fields = [],
}: Request): string {
  const body = method === "GET" ? "" : "{}";
  const header: HeaderFields = [
    ...hosts.map((host) => ["host", host] as const),
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
    ["connection", "close"],
    ...fields,
  ];
  const lines = header.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n${body}`;
}

/** Write the header of a request of HTTP/2. @param authority absent: there is none */
export function toFields(
  authority: string | undefined,
  { target = PATH, type = "application/json", fields = [] as HeaderFields } = {},
): HeaderFields {
  return [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", target],
    ...(authority === undefined ? [] : [[":authority", authority] as const]),
    ["content-type", type],
    ...fields,
  ];
}
