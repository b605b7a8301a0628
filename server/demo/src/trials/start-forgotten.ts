import { ForgottenService } from "@countersign/gen/countersign/demo/v1/forgotten_pb.js";
import type { Issuer } from "@countersign/issuer";
import { createAuth, PolicyError } from "@countersign/server";

/**
 * Put a server together as any other, with a service on it whose method has no access rule.
 *
 * @returns the words of the error that it ends with; undefined when it would have started
 */
export function startForgotten(issuer: Pick<Issuer, "trust">): string | undefined {
  try {
    createAuth({
      routes: (router) => router.service(ForgottenService, {}),
      issuers: [issuer.trust],
      audience: "forgotten",
    });
    return undefined;
  } catch (error) {
    if (error instanceof PolicyError) {
      return error.message;
    }
    throw error;
  }
}
