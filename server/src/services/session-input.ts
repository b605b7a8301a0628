import { Code, ConnectError } from "@connectrpc/connect";
import {
  Delivery,
  type PasswordCredential,
  type RefreshRequest,
  type SignInRequest,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { MAX_PASSWORD_BYTES, MAX_USERNAME_BYTES } from "../credentials/username.ts";
import { assertValid, invalidArgument, textViolations, type Violation } from "./input.ts";

const MAX_SCOPES = 64;
const MAX_REFRESH_TOKEN_BYTES = 1_024;

/** A scope-token of RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/;

/** 128 random bits in base64url have 22 characters; identifiers of other makers may be somewhat different. */
const REFRESH_ID = /^[\w-]{16,64}$/;

/**
 * Check a request to sign in, and take the password out of it.
 *
 * @throws ConnectError InvalidArgument when a field is wrong, `Unimplemented` for a credential of another kind
 */
export function readPasswordCredential(request: SignInRequest): PasswordCredential {
  assertValid([...scopeViolations(request.scopes), ...deliveryViolations(request.delivery)]);
  const { credential } = request;
  if (credential.case === undefined) {
    throw invalidArgument([
      { field: "credential", description: "must be one of the credentials, with its fields" },
    ]);
  }
  if (credential.case !== "password") {
    throw new ConnectError("this server signs in with a password only", Code.Unimplemented);
  }
  const { username, password } = credential.value;
  assertValid([
    ...textViolations("password.username", username, { minCharacters: 1, maxBytes: MAX_USERNAME_BYTES }),
    ...textViolations("password.password", password, { minCharacters: 1, maxBytes: MAX_PASSWORD_BYTES }),
  ]);
  return credential.value;
}

/**
 * Check a request to refresh. An empty refresh token is in order here: it may be in a cookie.
 *
 * @throws ConnectError InvalidArgument when a field is wrong
 */
export function assertRefreshRequest({ refreshToken, refreshId }: RefreshRequest): void {
  const violations = [
    ...textViolations("refresh_token", refreshToken, { maxBytes: MAX_REFRESH_TOKEN_BYTES }),
  ];
  if (refreshId !== "" && !REFRESH_ID.test(refreshId)) {
    violations.push({ field: "refresh_id", description: "must be 16 to 64 characters of base64url" });
  }
  assertValid(violations);
}

function scopeViolations(scopes: readonly string[]): readonly Violation[] {
  if (scopes.length > MAX_SCOPES) {
    return [{ field: "scopes", description: `must not be more than ${MAX_SCOPES}` }];
  }
  return scopes.flatMap((scope, index) =>
    SCOPE.test(scope)
      ? []
      : [{ field: `scopes[${index}]`, description: "must be 1 to 128 printable ASCII characters" }],
  );
}

function deliveryViolations(delivery: Delivery): readonly Violation[] {
  return Object.values<unknown>(Delivery).includes(delivery)
    ? []
    : [{ field: "delivery", description: "must be one of the known values" }];
}
