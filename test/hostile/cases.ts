import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { echoService } from "../support/echo-service.ts";
import { algorithmCases } from "./algorithm-cases.ts";
import { claimCases } from "./claim-cases.ts";
import { formCases } from "./form-cases.ts";
import { headerCases } from "./header-cases.ts";
import type { HostileCase } from "./hostile-case.ts";
import { signatureCases } from "./signature-cases.ts";
import { transportCases } from "./transport-cases.ts";

/** The service that is attacked. */
export const hostileService = echoService({
  Call: { policy: { access: Access.AUTHENTICATED } },
  Optional: { policy: { access: Access.OPTIONAL } },
  Admin: { policy: { access: Access.AUTHENTICATED, scopes: ["admin"] } },
});

/** Every attack, by what it turns on. */
export const HOSTILE_CASES: Readonly<Record<string, readonly HostileCase[]>> = {
  "how a token is sent": transportCases,
  "how a token is written": formCases,
  "the algorithm of a token": algorithmCases,
  "the header of a token": headerCases,
  "the signature of a token": signatureCases,
  "the claims of a token": claimCases,
};
