import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type ChangePasswordRequest,
  type ClientSecretCredential,
  Delivery,
  type PasswordCredential,
  type RefreshRequest,
  type SignInRequest,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import {
  assertValid,
  invalidArgument,
  isRefreshId,
  isScopeToken,
  MAX_SCOPES,
  type Violation,
} from "@countersign/server/internal";
import { findPasswordFault, MAX_PASSWORD_BYTES } from "../credentials/password-rule.ts";
import { MAX_USERNAME_BYTES } from "../credentials/username.ts";
import { InvalidTargetError } from "../sessions/token-audience.ts";
import { textViolations } from "./input.ts";
import type { Credential } from "./session-sign-in.ts";
import { MAX_DEVICE_BYTES } from "./session-use.ts";

const MAX_REFRESH_TOKEN_BYTES = 1_024;
const MAX_CLIENT_FIELD_BYTES = 1_024;
/** How long the name of a session can be. */
export const MAX_SESSION_ID_BYTES = 64;

/** As many as an issuer has, and its audience. */
const MAX_RESOURCES = 65;
const MAX_RESOURCE_BYTES = 1_024;

/** Times in tokens are whole seconds: less than two of them may be none at all. */
const MIN_ACCESS_TTL_MS = 2_000;

/**
 * Check a request to sign in, and take the credential out of it.
 *
 * @param maxTokenBytes the longest token that is taken
 * @throws ConnectError InvalidArgument when a field is wrong
 */
export function readCredential(request: SignInRequest, maxTokenBytes: number): Credential {
  assertValid([
    ...scopeViolations(request.scopes),
    ...resourceViolations(request.resources),
    ...deliveryViolations(request.delivery),
    ...textViolations("device", request.device, { maxBytes: MAX_DEVICE_BYTES }),
    ...textViolations("session_id", request.sessionId, { maxBytes: MAX_SESSION_ID_BYTES }),
  ]);
  const { credential } = request;
  switch (credential.case) {
    case "password":
      return readPassword(credential.value);
    case "clientSecret":
      return readClientSecret(credential.value);
    case "assertion":
      assertValid(tokenViolations("assertion.assertion", credential.value.assertion, maxTokenBytes));
      return { kind: "assertion", assertion: credential.value.assertion };
    case "federated":
      assertValid(tokenViolations("federated.token", credential.value.token, maxTokenBytes));
      return { kind: "federated", token: credential.value.token };
    case undefined:
      throw invalidArgument([
        { field: "credential", description: "must be one of the credentials, with its fields" },
      ]);
    default:
      return credential satisfies never;
  }
}

function readPassword({ username, password }: PasswordCredential): Credential {
  assertValid([
    ...textViolations("password.username", username, { minCharacters: 1, maxBytes: MAX_USERNAME_BYTES }),
    ...textViolations("password.password", password, { minCharacters: 1, maxBytes: MAX_PASSWORD_BYTES }),
  ]);
  return { kind: "password", username, password };
}

function readClientSecret({ clientId, clientSecret }: ClientSecretCredential): Credential {
  const limits = { minCharacters: 1, maxBytes: MAX_CLIENT_FIELD_BYTES };
  assertValid([
    ...textViolations("client_secret.client_id", clientId, limits),
    ...textViolations("client_secret.client_secret", clientSecret, limits),
  ]);
  return { kind: "secret", clientId, clientSecret };
}

function tokenViolations(field: string, token: string, maxBytes: number): readonly Violation[] {
  return textViolations(field, token, { minCharacters: 1, maxBytes });
}

/**
 * Check a request for another password.
 *
 * @throws ConnectError InvalidArgument when a field is wrong
 */
export function assertPasswordChange({ currentPassword, newPassword }: ChangePasswordRequest): void {
  const limits = { minCharacters: 1, maxBytes: MAX_PASSWORD_BYTES };
  const fault = findPasswordFault(newPassword);
  assertValid([
    ...textViolations("current_password", currentPassword, limits),
    ...(fault === undefined ? [] : [newPasswordViolation(fault)]),
  ]);
  // Not of longer texts: the time it takes grows with the square of their length when they are nothing but marks.
  if (newPassword.normalize("NFC") === currentPassword.normalize("NFC")) {
    throw invalidArgument([newPasswordViolation("must not be the current password")]);
  }
}

/** Say of the new password what is wrong with it. */
export function newPasswordViolation(description: string): Violation {
  return { field: "new_password", description };
}

/**
 * Check a request to refresh. An empty refresh token is in order here: it may be in a cookie.
 *
 * @throws ConnectError InvalidArgument when a field is wrong
 */
export function assertRefreshRequest({ refreshToken, refreshId, resources }: RefreshRequest): void {
  const violations = [
    ...textViolations("refresh_token", refreshToken, { maxBytes: MAX_REFRESH_TOKEN_BYTES }),
    ...resourceViolations(resources),
  ];
  if (refreshId !== "" && !isRefreshId(refreshId)) {
    violations.push({ field: "refresh_id", description: "must be 16 to 64 characters of base64url" });
  }
  assertValid(violations);
}

/**
 * Read how long the access token is to last at the most, in milliseconds.
 *
 * @returns undefined when the request does not say
 * @throws ConnectError InvalidArgument when it is less than 2 s
 */
export function readMaxAccessTtl({
  maxAccessTokenTtl,
}: Pick<SignInRequest, "maxAccessTokenTtl">): number | undefined {
  if (maxAccessTokenTtl === undefined) {
    return undefined;
  }
  const ttlMs = durationMs(maxAccessTokenTtl);
  const isLongEnough = ttlMs >= MIN_ACCESS_TTL_MS;
  assertValid(isLongEnough ? [] : [{ field: "max_access_token_ttl", description: "must be at least 2 s" }]);
  return ttlMs;
}

function scopeViolations(scopes: readonly string[]): readonly Violation[] {
  if (scopes.length > MAX_SCOPES) {
    return [{ field: "scopes", description: `must not be more than ${MAX_SCOPES}` }];
  }
  return scopes.flatMap((scope, index) =>
    isScopeToken(scope)
      ? []
      : [{ field: `scopes[${index}]`, description: "must be 1 to 128 printable ASCII characters" }],
  );
}

function resourceViolations(resources: readonly string[]): readonly Violation[] {
  if (resources.length > MAX_RESOURCES) {
    return [{ field: "resources", description: `must not be more than ${MAX_RESOURCES}` }];
  }
  const limits = { minCharacters: 1, maxBytes: MAX_RESOURCE_BYTES };
  return resources.flatMap((resource, index) => textViolations(`resources[${index}]`, resource, limits));
}

/**
 * Do something that fails when tokens are asked for a resource that they cannot be for.
 *
 * @throws ConnectError InvalidArgument then
 */
export async function namingWrongResources<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof InvalidTargetError
      ? invalidArgument([{ field: "resources", description: error.message }])
      : error;
  }
}

function deliveryViolations(delivery: Delivery): readonly Violation[] {
  return Object.values<unknown>(Delivery).includes(delivery)
    ? []
    : [{ field: "delivery", description: "must be one of the known values" }];
}
