import type { Case } from "../case.ts";
import { bodyOf, DIALECTS, frame, inDialects } from "../wire.ts";

const SETUPS = ["own", "own codecs", "own codecs of the service"] as const;

/** A field that the type of the message does not know: number 15, with a byte in it. */
const UNKNOWN_FIELD = Uint8Array.from([0x7a, 1, 42]);
const UNKNOWN_JSON = Buffer.from('{"text":"hello","no_such":1}');

/** How messages are read and written, where the server or the service says so. */
export const codecCases: readonly Case[] = SETUPS.flatMap((setup) => [
  ...inDialects(DIALECTS, `${setup}: a message`, { setup }),
  ...inDialects(DIALECTS, `${setup}: an error with details`, { setup, does: "fail-details 5" }),
  ...inDialects(["connect"], `${setup}: an unknown field`, (dialect) => ({
    setup,
    does: "echo-same",
    steps: [Buffer.concat([bodyOf(dialect, { text: "hello" }), UNKNOWN_FIELD]), "end"],
  })),
  ...inDialects(["connect-json"], `${setup}: an unknown field`, { setup, steps: [UNKNOWN_JSON, "end"] }),
  ...inDialects(["grpc-json", "grpc-web-json"], `${setup}: an unknown field`, {
    setup,
    steps: [frame(UNKNOWN_JSON), "end"],
  }),
]);
