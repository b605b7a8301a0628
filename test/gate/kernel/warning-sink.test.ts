import { expect, test, vi } from "vitest";
import { resolveAuthOptions } from "../../../server/gate/src/connect/resolve-auth-options.ts";
import { resolveWarningSink } from "../../../server/gate/src/kernel/warning-sink.ts";
import { echoRoutes } from "../../support/echo-server.ts";
import { issuer, service } from "../connect/fixtures.ts";

const FAILURE = new Error("the log is full");

test("what onWarning of createAuth throws is printed, at start and later", () => {
  const print = vi.spyOn(console, "error").mockReturnValue();
  const { onWarning } = resolveAuthOptions({
    routes: echoRoutes(service),
    issuers: [issuer],
    audience: "echo",
    forwardToken: true,
    onWarning: () => {
      throw FAILURE;
    },
  });
  onWarning("a claim has another form");
  expect(print.mock.calls).toEqual([
    ["countersign: onWarning failed", FAILURE, "forwardToken: handlers can read the tokens of callers"],
    ["countersign: onWarning failed", FAILURE, "a claim has another form"],
  ]);
  print.mockRestore();
});

test("without onWarning, a warning is seen", () => {
  const print = vi.spyOn(console, "warn").mockReturnValue();
  resolveWarningSink()("the server is in shadow mode");
  expect(print.mock.calls).toEqual([["countersign: the server is in shadow mode"]]);
  print.mockRestore();
});
