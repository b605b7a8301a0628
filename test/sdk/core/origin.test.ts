import { expect, test } from "vitest";
import { createOriginGuard } from "../../../sdk/src/core/origin.ts";

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
  { baseUrl: "http://app.localhost", url: "http://app.localhost/a.B/C", expected: true },
  { baseUrl: "http://127.8.9.10", url: "http://127.8.9.10/a.B/C", expected: true },
  { baseUrl: "http://[::1]:8080", url: "http://[::1]:8080/a.B/C", expected: true },
  { baseUrl: "http://127.0.0.1.evil.example", url: "http://127.0.0.1.evil.example/a.B/C", expected: false },
  { baseUrl: "http://10.0.0.1", url: "http://10.0.0.1/a.B/C", expected: false },
  { baseUrl: "http://localhost.evil.example", url: "http://localhost.evil.example/", expected: false },
];

test.each(CASES)("a session of $baseUrl sends its token to $url: $expected", ({ baseUrl, url, expected }) => {
  expect(createOriginGuard({ baseUrl })(url)).toBe(expected);
});

test("sends it to the other origins that were named, and only as safely as to the first", () => {
  const allowedOrigins = ["https://billing.example", "http://mail.example"];
  const guard = createOriginGuard({ baseUrl: "https://api.example", allowedOrigins });
  expect(guard("https://api.example/a.B/C")).toBe(true);
  expect(guard("https://billing.example/a.B/C")).toBe(true);
  expect(guard("https://billing.example.evil/a.B/C")).toBe(false);
  expect(guard("http://mail.example/a.B/C")).toBe(false);
  expect(() => createOriginGuard({ baseUrl: "https://api.example", allowedOrigins: ["billing"] })).toThrow(
    new TypeError("a base URL must be an absolute http or https URL"),
  );
});

test("sends it over plain http to an origin that was allowed, and to no other", () => {
  const options = { baseUrl: "http://10.0.0.1:8080", allowInsecure: ["http://10.0.0.1:8080"] };
  const guard = createOriginGuard(options);
  expect(guard("http://10.0.0.1:8080/a.B/C")).toBe(true);
  expect(guard("http://10.0.0.2:8080/a.B/C")).toBe(false);
  const other = createOriginGuard({ ...options, allowInsecure: ["http://10.0.0.1"] });
  expect(other("http://10.0.0.1:8080/a.B/C")).toBe(false);
});
