import type { Check, Hint } from "../errors/facts.ts";

/** What an operator can do about the refusals of each check, in a sentence without a full stop. */
export const REMEDIES = {
  policy: "give the method an access rule in its proto, or its service in the option policies",
  rate: "raise the limit if these callers are honest, and have setPeer say who they are if a proxy is in front",
  token_missing: "have the client sign in and send its access token, or make the method OPTIONAL or PUBLIC",
  token_source: "have the client send its token once: in the header alone",
  token_size: "ask the issuer for shorter tokens, or raise maxTokenBytes",
  token_form:
    "have the client send an access token that is a JWT, as it got it: no opaque token, no refresh token",
  header: "find out who makes such tokens: no access token needs such a header",
  issuer: "add the issuer to the option issuers, exactly as its tokens name it, to the last slash",
  tenant: "add the tenant to the tenants of the issuer, if its users may call",
  algorithm: "name the algorithm in the algorithms of the issuer",
  type: "name the type in the types of the issuer, unless this is an ID token: clients must send access tokens",
  key: "see that the issuer publishes the key, and that keys of its options point there",
  keys_unavailable: "see that the server reaches the issuer's keys: countersign issuer check tries it",
  signature:
    "see that the token comes from this issuer, and that the kid names the key that it is signed with",
  claim: "see what the issuer puts into its tokens: countersign token inspect shows it",
  audience:
    "have the client ask for tokens for this server, or name this audience in the audiences of the issuer",
  subject: "say in claims.subject of the issuer where the subject stands",
  actor: "have the issuer write claim act as RFC 8693 §4.1 does",
  life: "have the issuer grant shorter tokens, or set insecure.maxTokenLifeSeconds",
  not_before: "set the clocks of issuer and server by NTP, or raise clockToleranceSeconds",
  expiry:
    "have the client fetch a newer token in time, as the SDK does; if it does, see that the clocks agree",
  binding: "have the client ask for tokens that are bound to its key, or the method need none that are",
  sender:
    "have the client send a token that is bound to its key with a DPoP proof, and any other as a bearer token",
  proof_missing: "have the client send a DPoP proof with each call, as the SDK's dpop() does",
  proof: "have the client make each proof as RFC 9449 §4.2 does, with the key that the token is bound to",
  proof_url: "name in publicUrls the URL under which the client reaches this server",
  proof_time: "set the clocks of client and server by NTP, or raise dpop.proofWindowSeconds",
  proof_nonce:
    "have the client repeat the call with the nonce, as the SDK does; all servers of one origin need one secret",
  proof_replay: "have the client make a new proof for each call: this may be a thief who has read one",
  revoked: "have the user sign in again",
  revocations_unavailable:
    "see that the server reaches its database, or the issuer that says what is revoked",
  scopes: "have the client ask for these scopes, and its account or client be allowed them",
  roles: "give the account one of these roles",
  client: "name the client in client_ids of the policy",
  audience_of_method: "have the client ask for tokens for the audience that the method names",
  auth_age: "have the user sign in again, which the SDK's onStepUp can do",
  acr: "have the user sign in in one of these ways, which the SDK's onStepUp can do",
  rule: "compare the rule with the principal and the message: countersign explain evaluates it",
  decide: "look into what decide goes by",
  renewal: "have the client renew only its own streams",
  stream: "have the client open the stream again",
} as const satisfies Remedies;

/** What to do about the refusals of each check. */
export type Remedies = Readonly<Record<Check, string>>;

/** What to do about a token that looks like this, whatever has refused it. */
const REMEDIES_OF_HINTS = {
  id_token: (otherwise) =>
    `this looks like an ID token, which is for the client alone: have the client send its access token. Otherwise: ${otherwise}`,
  tenant_mismatch: () =>
    "the token contradicts itself, and no tenant to allow helps: find out who makes such tokens, or name in claim of tenants the claim that has the tenant of iss",
} as const satisfies Record<Hint, (otherwise: string) => string>;

/** A refusal, for what can be done about it. */
interface Refused {
  readonly check: Check;
  readonly hint?: Hint | undefined;
}

/** Say what an operator can do about a refusal. */
export function toRemedy({ check, hint }: Refused, remedies: Remedies = REMEDIES): string {
  const remedy = remedies[check];
  return hint === undefined ? remedy : REMEDIES_OF_HINTS[hint](remedy);
}
