import { expect, it } from "vitest";
import { isLoopback } from "../../../server/gate/src/kernel/loopback.ts";
import { isRefreshId, isScopeToken } from "../../../server/gate/src/kernel/wire-names.ts";

const table = [
  {
    is: isLoopback,
    good: ["localhost", "127.0.0.1", "127.255.0.3", "::1", "[::1]"],
    bad: [
      "",
      "0.0.0.0",
      "127.0.0.1.example",
      "127.0.0.256",
      "127.0.0.001.1",
      "app.localhost",
      "localhost.",
      "127.0.0.1\n",
      "localhost.example",
      "128.0.0.1",
      "::",
      "127.1",
      "[::1].example",
    ],
  },
  {
    is: isScopeToken,
    good: ["a", "notes:read", "!", "x".repeat(128)],
    bad: ["", "a b", 'a"', "a\\", "é", "x".repeat(129), "a\n"],
  },
  {
    is: isRefreshId,
    good: ["x".repeat(16), "aZ09_-aZ09_-aZ09_-aZ09", "x".repeat(64)],
    bad: ["", "x".repeat(15), "x".repeat(65), `${"x".repeat(21)}+`, `${"x".repeat(16)}\n`],
  },
];

for (const { is, good, bad } of table) {
  it(`${is.name} takes what it should, and nothing else`, () => {
    for (const text of good) {
      expect([text, is(text)]).toEqual([text, true]);
    }
    for (const text of bad) {
      expect([text, is(text)]).toEqual([text, false]);
    }
  });
}
