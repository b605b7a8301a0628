import type { ExchangedTokenType } from "../credentials/federation.ts";
import { assertGranted } from "../services/session-sign-in.ts";
import { toSessionUse } from "../services/session-use.ts";
import type { ExchangedToken } from "../services/token-exchange.ts";
import { type Caller, needClient } from "./caller.ts";
import type { Form } from "./form.ts";
import type { GrantDeps, Granted, TokenRequest } from "./grant.ts";
import { namingWrongCredentials, OAuthError } from "./oauth-error.ts";
import { readResources, readScopes } from "./parameters.ts";

const PREFIX = "urn:ietf:params:oauth:token-type:";
const ISSUED_TOKEN_TYPE = `${PREFIX}access_token`;

/** The kinds of token that can be exchanged. */
const EXCHANGEABLE: ReadonlyMap<string, ExchangedTokenType> = new Map([
  [`${PREFIX}access_token`, "access_token"],
  [`${PREFIX}id_token`, "id_token"],
  [`${PREFIX}jwt`, "jwt"],
] as const);

/**
 * [RFC 8693 §2](https://www.rfc-editor.org/rfc/rfc8693#section-2): a client asks for a token to act for another party.
 */
export async function exchangeTokens(
  { exchange }: Pick<GrantDeps, "exchange">,
  request: TokenRequest,
  caller: Caller,
): Promise<Granted> {
  const { form, peer, binding, certificateThumbprint } = request;
  const client = needClient(caller);
  assertGranted(client, "token-exchange");
  if ((form.get("requested_token_type") ?? ISSUED_TOKEN_TYPE) !== ISSUED_TOKEN_TYPE) {
    throw new OAuthError("invalid_request", `requested_token_type must be ${ISSUED_TOKEN_TYPE}`);
  }
  const subject = readToken(form, "subject_token");
  const actor = readActor(form);
  const [scopes, resources] = [readScopes(form), readResources(form)];
  const use = toSessionUse(request);
  // RFC 8693 §2.2.2: what is wrong with either token makes the request invalid, not the grant.
  const tokens = await namingWrongCredentials("invalid_request", () =>
    exchange({ client, subject, actor, scopes, resources, binding, certificateThumbprint, peer, use }),
  );
  return { tokens, issuedTokenType: ISSUED_TOKEN_TYPE };
}

function readActor(form: Form): ExchangedToken | undefined {
  if (form.get("actor_token") !== undefined) {
    return readToken(form, "actor_token");
  }
  if (form.get("actor_token_type") !== undefined) {
    throw new OAuthError("invalid_request", "actor_token_type stands without an actor_token");
  }
  return undefined;
}

function readToken(form: Form, name: "subject_token" | "actor_token"): ExchangedToken {
  const token = form.need(name);
  const type = EXCHANGEABLE.get(form.need(`${name}_type`));
  if (type === undefined) {
    throw new OAuthError(
      "invalid_request",
      `${name}_type must be one of access_token, id_token and jwt, as a URN`,
    );
  }
  return { token, type };
}
