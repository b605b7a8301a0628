import { expect, test } from "vitest";
import { createOriginGuard, type OriginGuard } from "../../../sdk/src/core/origin.ts";
import { notEmpty } from "../../support/not-empty.ts";

const CASES = [
  { baseUrl: "https://api.example", url: "https://api.example/a.B/C", expected: true },
  { baseUrl: "https://api.example/v1/", url: "https://api.example/v1/a.B/C", expected: true },
  { baseUrl: "https://API.example:443", url: "https://api.example/a.B/C", expected: true },
  { baseUrl: "https://api.example", url: "HTTPS://API.EXAMPLE/a.B/C", expected: true },
  { baseUrl: "https://api.example", url: "https://api.example.evil/a.B/C", expected: false },
  { baseUrl: "https://api.example", url: "https://api.example@evil.example/a.B/C", expected: false },
  { baseUrl: "https://api.example", url: "https://api.example:8443/a.B/C", expected: false },
  { baseUrl: "https://api.example", url: "http://api.example/a.B/C", expected: false },
  { baseUrl: "https://api.example", url: "//api.example/a.B/C", expected: false },
  { baseUrl: "https://api.example", url: "/a.B/C", expected: false },
  { baseUrl: "http://localhost:8080", url: "http://localhost:8080/a.B/C", expected: true },
  { baseUrl: "http://app.localhost", url: "http://app.localhost/a.B/C", expected: false },
  { baseUrl: "http://a.b.localhost:8080", url: "http://a.b.localhost:8080/a.B/C", expected: false },
  { baseUrl: "http://.localhost", url: "http://.localhost/a.B/C", expected: false },
  { baseUrl: "http://localhost.", url: "http://localhost./a.B/C", expected: false },
  { baseUrl: "http://LOCALHOST:8080", url: "http://localhost:8080/a.B/C", expected: true },
  { baseUrl: "http://127.1", url: "http://127.0.0.1/a.B/C", expected: true },
  { baseUrl: "http://[::ffff:7f00:1]", url: "http://[::ffff:7f00:1]/a.B/C", expected: false },
  { baseUrl: "http://127.8.9.10", url: "http://127.8.9.10/a.B/C", expected: true },
  { baseUrl: "http://[::1]:8080", url: "http://[::1]:8080/a.B/C", expected: true },
  { baseUrl: "http://127.0.0.1.evil.example", url: "http://127.0.0.1.evil.example/a.B/C", expected: false },
  { baseUrl: "http://10.0.0.1", url: "http://10.0.0.1/a.B/C", expected: false },
  { baseUrl: "http://localhost.evil.example", url: "http://localhost.evil.example/", expected: false },
];

test.each(CASES)("a session of $baseUrl sends its token to $url: $expected", ({ baseUrl, url, expected }) => {
  expect(createOriginGuard({ baseUrl })(url) === undefined).toBe(expected);
});

test("sends it to the other origins that were named, and only as safely as to the first", () => {
  const allowedOrigins = ["https://billing.example", "http://mail.example"];
  const guard = createOriginGuard({ baseUrl: "https://api.example", allowedOrigins });
  expect(guard("https://api.example/a.B/C")).toBeUndefined();
  expect(guard("https://billing.example/a.B/C")).toBeUndefined();
  expect(messageOf(guard, "https://billing.example.evil/a.B/C")).toBe(
    "origin not allowed: https://billing.example.evil is not in allowedOrigins",
  );
  expect(messageOf(guard, "http://mail.example/a.B/C")).toBe(
    "origin not allowed: http://mail.example is not in allowInsecure",
  );
});

test("sends it over plain http to an origin that was allowed, and to no other", () => {
  const options = { baseUrl: "http://10.0.0.1:8080", allowInsecure: ["http://10.0.0.1:8080"] };
  const guard = createOriginGuard(options);
  expect(guard("http://10.0.0.1:8080/a.B/C")).toBeUndefined();
  expect(messageOf(guard, "http://10.0.0.2:8080/a.B/C")).toContain(
    "http://10.0.0.2:8080 is not in allowedOrigins",
  );
  const other = createOriginGuard({ ...options, allowInsecure: ["http://10.0.0.1"] });
  expect(messageOf(other, "http://10.0.0.1:8080/a.B/C")).toContain(
    "http://10.0.0.1:8080 is not in allowInsecure",
  );
});

function messageOf(guard: OriginGuard, url: string): string | undefined {
  return guard(url)?.rawMessage;
}

test("an address that cannot be fetched is not repeated: it may hold a password", () => {
  const guard = createOriginGuard({ baseUrl: "https://api.example" });
  expect(messageOf(guard, "https://user:secret@api.example/a.B/C")).toBe(
    "origin not allowed: the URL is not in allowedOrigins",
  );
});

const NO_ORIGINS = notEmpty([
  [{ allowedOrigins: ["*"] }, 'allowedOrigins: "*" is no http or https origin'],
  [{ allowedOrigins: ["billing"] }, 'allowedOrigins: "billing" is no http or https origin'],
  [
    { allowedOrigins: ["https://*.example"] },
    'allowedOrigins: "https://*.example" is no http or https origin',
  ],
  [
    { allowedOrigins: ["https://a.example/v1"] },
    'allowedOrigins: "https://a.example/v1" is no http or https origin',
  ],
  [
    { allowedOrigins: ["https://a.example/?x"] },
    'allowedOrigins: "https://a.example/?x" is no http or https origin',
  ],
  [
    { allowedOrigins: ["https://a:b@a.example"] },
    'allowedOrigins: "https://a:b@a.example" is no http or https origin',
  ],
  [{ allowInsecure: ["*"] }, 'allowInsecure: "*" is no http or https origin'],
  [
    { allowInsecure: ["http://a.internal/v1"] },
    'allowInsecure: "http://a.internal/v1" is no http or https origin',
  ],
  [{ baseUrl: "api.example" }, 'baseUrl: "api.example" is no http or https URL'],
  [{ baseUrl: undefined }, 'baseUrl: "undefined" is no http or https URL'],
  [{ baseUrl: "https://" }, 'baseUrl: "https://" is no http or https URL'],
] as const);

test.each(NO_ORIGINS)("the option %j is refused with its name and its value", (options, message) => {
  // What a program without types may hand over: hence the cast.
  const all = { baseUrl: "https://api.example", ...options } as Parameters<typeof createOriginGuard>[0];
  expect(() => createOriginGuard(all)).toThrow(new TypeError(message));
});

test("an origin may be written with a slash, in capitals and with its port", () => {
  const allowedOrigins = ["https://A.example/", "https://b.example:443"];
  const guard = createOriginGuard({ baseUrl: "https://api.example/v1/", allowedOrigins });
  expect(guard("https://a.example/a.B/C")).toBeUndefined();
  expect(guard("https://b.example/a.B/C")).toBeUndefined();
});
