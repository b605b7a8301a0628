import { Code, ConnectError } from "@connectrpc/connect";
import type { ChangePasswordRequest } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { invalidArgument } from "@countersign/server/internal";
import { AccountError } from "../credentials/account-error.ts";
import { type OwnSessionsDeps, readOwnSession } from "./own-sessions.ts";
import { assertPasswordChange, newPasswordViolation } from "./session-input.ts";
import type { SignIn } from "./session-sign-in.ts";

/** What callers' own passwords are replaced with. */
export interface OwnPasswordDeps extends OwnSessionsDeps {
  readonly signIn: Pick<SignIn, "changePassword">;
}

/** Who asks for another password, and from where. */
interface PasswordCaller {
  readonly principal: Principal;
  readonly peer: string;
}

/**
 * Replace the caller's password, and end the other sessions of the account unless they are to go on.
 *
 * @returns how many sessions have ended
 * @throws ConnectError InvalidArgument when the new password cannot be one, FailedPrecondition when there is none here
 * @throws AuthError `POLICY_DENIED` to a registered client, else as `SignIn.changePassword`
 */
export async function changeOwnPassword(
  deps: OwnPasswordDeps,
  request: ChangePasswordRequest,
  { principal, peer }: PasswordCaller,
): Promise<{ readonly revokedCount: number }> {
  assertPasswordChange(request);
  const { currentPassword, newPassword, keepOtherSessions } = request;
  const { subject, sessionId, clientId } = readOwnSession(deps, principal);
  if (clientId !== undefined) {
    throw new AuthError("POLICY_DENIED", "a registered client does not change the password of its user");
  }
  const replacement = { subject, sessionId, peer, currentPassword, newPassword, keepOtherSessions };
  const ended = await deps.signIn.changePassword(replacement).catch(toPasswordRefusal);
  if (ended === undefined) {
    throw new ConnectError("the caller signs in without a password here", Code.FailedPrecondition);
  }
  return { revokedCount: ended.length };
}

/** Say to the caller why the server does not accept the new password. */
function toPasswordRefusal(error: unknown): never {
  if (error instanceof AccountError && error.reason === "PASSWORD_REFUSED") {
    throw invalidArgument([newPasswordViolation(error.message)]);
  }
  throw error;
}
