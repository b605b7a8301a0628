import { expect, test } from "vitest";
import { limitTimeout, shortenTimeout } from "../../../server/gate/src/connect/route/call-timeout.ts";
import { notEmpty } from "../../support/not-empty.ts";

const cases: readonly (readonly [string, string, number, string])[] = [
  ["connect-timeout-ms", "5000", 1_500, "3500"],
  ["connect-timeout-ms", "5000", 9_000, "0"],
  ["connect-timeout-ms", "5000", 99, "5000"],
  ["connect-timeout-ms", "soon", 1_500, "soon"],
  ["grpc-timeout", "2S", 500, "1500m"],
  ["grpc-timeout", "1500000u", 500, "1000m"],
  ["grpc-timeout", "1M", 61_000, "0m"],
  ["grpc-timeout", "99999999H", 500, "99999999H"],
  ["grpc-timeout", "5x", 500, "5x"],
];

test.each(cases)("%s: %s, of which the gate took %d ms, is %s", (name, sent, spentMs, left) => {
  const header = new Headers({ [name]: sent });
  shortenTimeout(header, spentMs);
  expect([...header]).toEqual([[name, left]]);
});

const LONG: readonly (readonly [string, string, string])[] = [
  ["connect-timeout-ms", "9999999999", "2147483647"],
  ["connect-timeout-ms", "2147483648", "2147483647"],
  ["connect-timeout-ms", "2147483647", "2147483647"],
  ["connect-timeout-ms", "99999999999", "99999999999"],
  ["connect-timeout-ms", "0xffffffff", "0xffffffff"],
  ["grpc-timeout", "99999999H", "2147483S"],
  ["grpc-timeout", "2147484S", "2147483S"],
  ["grpc-timeout", "2147483S", "2147483S"],
  ["grpc-timeout", "999999999H", "999999999H"],
];

test.each(notEmpty(LONG))("%s: %s is %s before a timer gets it", (name, sent, limited) => {
  const request = { header: new Headers({ [name]: sent }) };
  expect([...limitTimeout(request).header]).toEqual([[name, limited]]);
  expect(request.header.get(name)).toBe(sent);
});
