import type { AuditSink, RateLimit } from "@countersign/server";
import { AuthError } from "@countersign/server";
import type { LeavePlace } from "@countersign/server/internal";
import type { SignInOrigin } from "../credentials/caller-recognition.ts";
import type { ClientAuthentication, ClientCredential } from "../credentials/client-authentication.ts";
import { type ClientGrant, toClientSubject } from "../credentials/client-names.ts";
import type { Federation } from "../credentials/federation.ts";
import type { KnownDevices } from "../credentials/known-devices.ts";
import type { PasswordChange, PasswordReplacement } from "../credentials/password-change.ts";
import type { PasswordSignIn } from "../credentials/password-sign-in.ts";
import { digestUsername } from "../credentials/username.ts";
import { FIRST_PARTY_CLIENT_ID } from "../sessions/session-options.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { IssuedTokens, TokenWish } from "../sessions/tokens.ts";
import type { ClientRecord } from "../store/clients.ts";
import { takeOverActor, toClientParty } from "./delegation.ts";
import { beginFederatedSession, type SessionBeginners } from "./federated-session.ts";
import { assertMayAct } from "./may-act.ts";
import { assertSender, type SenderProof } from "./sender-proof.ts";
import { createSignInGuard } from "./sign-in-guard.ts";

/** The proof of who signs in. */
export type Credential =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | ClientCredential
  | { readonly kind: "federated"; readonly token: string };

/** A sign-in. */
export interface SignInInput extends TokenWish {
  readonly credential: Credential;
  readonly origin: SignInOrigin;
  /** With a password: the session that is to go on with this proof. Undefined: another begins. */
  readonly sessionId?: string | undefined;
}

/** A sign-in of a subject of another issuer. */
export interface FederatedInput extends TokenWish, SenderProof {
  readonly token: string;
  readonly peer: string;
  /** The client that the session is for, which limits what can be granted; undefined: our own pages and tools. */
  readonly client: ClientRecord | undefined;
  /** Whether the client could use a refresh token. */
  readonly canRefresh: boolean;
}

/** What {@link createSignIn} needs. */
export interface SignInOptions extends SessionBeginners {
  readonly passwordSignIn: PasswordSignIn;
  readonly passwordChange: PasswordChange;
  readonly authenticateClient: ClientAuthentication;
  readonly federation: Federation;
  readonly sessions: Pick<Sessions, "begin" | "beginExternal">;
  /** Claim `iss` of our own tokens. */
  readonly issuer: string;
  readonly audit: AuditSink;
  /** Knows the devices that have signed in before. */
  readonly devices: KnownDevices;
  /** How many wrong credentials one address may send. */
  readonly attempts: RateLimit;
}

/** What a sign-in gives out. */
export interface SignedIn extends IssuedTokens {
  /** With a password: what the device is to keep, so that it is known at the next sign-in. */
  readonly deviceProofs?: readonly string[];
}

/** Signs in, whatever door the credential came through. */
export interface SignIn {
  /**
   * Begin a session.
   *
   * @throws AuthError `CREDENTIALS_INVALID`, `RATE_LIMITED`, `INSUFFICIENT_SCOPE`, `POLICY_DENIED` when a client may
   *   not use the grant, or `AUTH_UNAVAILABLE`
   */
  begin(input: SignInInput): Promise<SignedIn>;
  /**
   * Find out which client a credential is of, without beginning anything.
   *
   * @throws AuthError as {@link begin}
   */
  authenticateClient(credential: ClientCredential, peer: string): Promise<ClientRecord>;
  /** Begin a session of a client that has proven who it is. @throws AuthError as {@link begin} */
  beginClient(client: ClientRecord, grant: ClientGrant, wish: TokenWish): Promise<IssuedTokens>;
  /** Begin a session of a subject of another issuer. @throws AuthError as {@link begin} */
  beginFederated(input: FederatedInput): Promise<IssuedTokens>;
  /**
   * Replace the password of an account for its owner, under the limits of sign-ins, and end its other sessions unless
   * they are to go on.
   *
   * @returns the sessions that have ended; undefined when the subject has no account here
   * @throws AuthError `CREDENTIALS_INVALID`, `RATE_LIMITED` or `AUTH_UNAVAILABLE`
   */
  changePassword(input: PasswordReplacement): Promise<readonly string[] | undefined>;
}

/** Claim `amr` of a sign-in with a password (RFC 8176 §2). */
const PASSWORD_METHODS = ["pwd"] as const;

/** Create what signs in. The RPCs and the OAuth endpoints share it. */
export function createSignIn(options: SignInOptions): SignIn {
  const { sessions, accessGrants, federation, issuer } = options;

  const guarded = createSignInGuard(options);
  const beginClient: SignIn["beginClient"] = async (client, grant, wish) => {
    assertGranted(client, grant);
    const { clientId } = client;
    const holder = { subject: toClientSubject(clientId), scopes: client.scopes, roles: client.roles };
    return accessGrants.begin({
      ...wish,
      holder,
      clientId,
      type: "client_credentials",
      claims: client.claims,
    });
  };
  const federated = async (
    { token, ...input }: FederatedInput,
    leavePlace: LeavePlace,
  ): Promise<IssuedTokens> => {
    const identity = await federation(token, "jwt", { peer: input.peer, leavePlace });
    assertSender(identity.principal, input);
    if (input.client !== undefined) {
      assertMayAct(toClientParty(input.client.clientId, issuer), identity.principal);
    }
    const actor = takeOverActor(identity.principal);
    return beginFederatedSession(options, { ...input, identity, type: "sign_in", actor });
  };
  const begin = async (
    { credential, origin, sessionId, ...wish }: SignInInput,
    leavePlace: LeavePlace,
  ): Promise<SignedIn> => {
    const { peer } = origin;
    if (credential.kind === "password") {
      const account = await options.passwordSignIn({ ...credential, origin });
      const client = { clientId: FIRST_PARTY_CLIENT_ID, amr: PASSWORD_METHODS };
      const tokens = await sessions.begin({ ...wish, ...client, account, sessionId });
      const { username, passwordHash } = account;
      const signedIn = { account: digestUsername(username), passwordHash };
      return { ...tokens, deviceProofs: options.devices.add(origin.deviceProofs ?? [], signedIn) };
    }
    if (credential.kind === "federated") {
      const input = { ...wish, token: credential.token, peer, client: undefined, canRefresh: true };
      return federated(input, leavePlace);
    }
    const client = await options.authenticateClient(credential, { peer, leavePlace });
    return beginClient(client, "client_credentials", wish);
  };
  return {
    begin: (input) =>
      guarded({ peer: input.origin.peer, kind: input.credential.kind }, (leavePlace) =>
        begin(input, leavePlace),
      ),
    authenticateClient: (credential, peer) =>
      guarded({ peer, kind: credential.kind }, (leavePlace) =>
        options.authenticateClient(credential, { peer, leavePlace }),
      ),
    beginClient,
    beginFederated: (input) =>
      guarded({ peer: input.peer, kind: "federated" }, (leavePlace) => federated(input, leavePlace)),
    changePassword(replacement) {
      const { peer, subject, sessionId } = replacement;
      const failure = { type: "password_change_failed", subject, sessionId } as const;
      return guarded({ peer, kind: "password", failure }, () => options.passwordChange(replacement));
    },
  };
}

/** @throws AuthError `POLICY_DENIED` when a client may not use a grant */
export function assertGranted(client: ClientRecord, grant: ClientGrant): void {
  if (!client.grants.includes(grant)) {
    throw new AuthError("POLICY_DENIED", "the client may not use this grant");
  }
}
