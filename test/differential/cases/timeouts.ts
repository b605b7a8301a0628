import type { Case } from "../case.ts";
import { DIALECTS, inDialects, timeoutField } from "../wire.ts";

const GRPC = [
  "1S",
  "1H",
  "100M",
  "5000m",
  "0S",
  "0n",
  "1n",
  "-1S",
  "+1S",
  "1",
  "S",
  "",
  "1s",
  "123456789S",
  "99999999H",
  "1.5S",
  " 1S",
  "1S ",
  "1S, 2S",
  "8H30M",
  "00000001H",
  "4999123u",
  "99999999u",
  "99999999n",
  "12345678n",
  "1500u",
  "999u",
];
/** What is over within a few milliseconds. */
const SHORT = new Set(["1n", "1500u", "999u", "12345678n"]);
const CONNECT = [
  "1000",
  "60000",
  "0",
  "-1",
  "+1",
  "",
  "1.5",
  "abc",
  "1e3",
  "9999999999",
  "99999999999",
  "2147483647",
  "2147483648",
  " 1000",
  "0001000",
  "1000, 2000",
  "Infinity",
  "0x10",
];

/** Long enough for the handler to be called before. */
const DEADLINE_MS = 60;

/** Deadlines, as text and in effect. */
export const timeoutCases: readonly Case[] = [
  ...GRPC.flatMap((value) =>
    inDialects(["grpc", "grpc-web"], `grpc-timeout ${JSON.stringify(value)}`, {
      more: [["grpc-timeout", value]],
      // It may be over when the handler is called.
      isChance: SHORT.has(value),
    }),
  ),
  ...CONNECT.flatMap((value) =>
    inDialects(["connect", "connect-json"], `connect-timeout-ms ${JSON.stringify(value)}`, {
      more: [["connect-timeout-ms", value]],
    }),
  ),
  ...inDialects(["grpc", "connect"], "two timeouts", (dialect) => ({
    more: [...timeoutField(dialect, 60_000), ...timeoutField(dialect, 1_000)],
  })),
  ...inDialects(["grpc", "grpc-web"], "a timeout of Connect", { more: [["connect-timeout-ms", "1"]] }),
  ...inDialects(["connect"], "a timeout of gRPC", { more: [["grpc-timeout", "1n"]] }),
  ...inDialects(DIALECTS, "a deadline that passes in the handler, which throws its reason", (dialect) => ({
    does: "until-aborted",
    isTimed: true,
    more: timeoutField(dialect, DEADLINE_MS),
  })),
  ...inDialects(DIALECTS, "a deadline that passes in the handler, which answers nevertheless", (dialect) => ({
    does: "until-aborted-then-answer",
    isTimed: true,
    more: timeoutField(dialect, DEADLINE_MS),
  })),
  ...inDialects(["grpc", "connect"], "a deadline that passes behind interceptors", (dialect) => ({
    setup: "intercepted",
    does: "until-aborted",
    isTimed: true,
    more: timeoutField(dialect, DEADLINE_MS),
  })),
  ...inDialects(DIALECTS, "a deadline that passes before the body is there", (dialect) => ({
    setup: "impatient",
    isTimed: true,
    more: timeoutField(dialect, DEADLINE_MS),
    steps: [],
  })),
  ...inDialects(["grpc", "connect"], "a deadline that passes in the gate", (dialect) => ({
    setup: "own gate",
    isTimed: true,
    more: [...timeoutField(dialect, DEADLINE_MS), ["x-gate", "until-aborted"]],
  })),
];
