import { expect, test } from "vitest";
import { shortenTimeout } from "../../../server/gate/src/connect/route/call-timeout.ts";

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
