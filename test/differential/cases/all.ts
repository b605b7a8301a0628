import type { Case } from "../case.ts";
import { codecCases } from "./codecs.ts";
import { compressionCases } from "./compression.ts";
import { contentTypeCases } from "./content-types.ts";
import { errorCases } from "./errors.ts";
import { framingCases } from "./framing.ts";
import { gateCases } from "./gate.ts";
import { answeredHeaderCases, headerCases } from "./headers.ts";
import { interceptionCases } from "./interception.ts";
import { resetCases } from "./resets.ts";
import { routingCases } from "./routing.ts";
import { sizeCases } from "./sizes.ts";
import { streamAnswerCases } from "./stream-answers.ts";
import { streamRequestCases } from "./stream-requests.ts";
import { streamTurnCases } from "./stream-turns.ts";
import { timeoutCases } from "./timeouts.ts";
import { tlsCases } from "./tls.ts";

/** All requests of the table, by what they are about. */
export const ALL_CASES: Readonly<Record<string, readonly Case[]>> = {
  framing: framingCases,
  sizes: sizeCases,
  "content types": contentTypeCases,
  headers: headerCases,
  "headers of answers": answeredHeaderCases,
  errors: errorCases,
  timeouts: timeoutCases,
  "callers who leave": resetCases,
  codecs: codecCases,
  compression: compressionCases,
  routing: routingCases,
  gates: gateCases,
  interceptors: interceptionCases,
  TLS: tlsCases,
};

/** All exchanges of streams, by what they are about. */
export const STREAM_CASES: Readonly<Record<string, readonly Case[]>> = {
  "what handlers give": streamAnswerCases,
  "what clients send": streamRequestCases,
  "who waits, leaves and ends": streamTurnCases,
};
