import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions } from "../kernel/option-forms.ts";
import { type OptionForms, REQUIRED_NAMES, REQUIRED_TEXT, type Texts, toList } from "./preset-forms.ts";

/** What {@link cognito} takes. */
export interface CognitoOptions {
  /** The user pool, such as `eu-west-1_AbCdEfGhI`. */
  readonly userPoolId: string;
  /** The app clients whose users may come. */
  readonly clientIds: Texts;
}

/** The forms of its options. */
export const COGNITO_OPTIONS: OptionForms<CognitoOptions> = {
  userPoolId: REQUIRED_TEXT,
  clientIds: REQUIRED_NAMES,
};

/**
 * Trust the access tokens of a user pool of AWS Cognito. They have no `aud`: the client takes its place. ID tokens, which
 * have one, say `token_use: id` and are refused.
 *
 * @throws TypeError when an option is wrong
 */
export function cognito(options: CognitoOptions): IssuerOptions {
  assertOptions("cognito", options, COGNITO_OPTIONS);
  const { userPoolId, clientIds } = options;
  const region = /^([a-z]{2}(?:-[a-z]+)+-\d+)_[0-9A-Za-z]+$/.exec(userPoolId)?.[1];
  if (region === undefined) {
    throw new TypeError("option userPoolId of cognito must be like eu-west-1_AbCdEfGhI");
  }
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
  return {
    issuer,
    keys: { jwksUri: `${issuer}/.well-known/jwks.json` },
    audiences: toList(clientIds),
    algorithms: ["RS256"],
    claims: { audience: "client_id", roles: "cognito:groups" },
    requiredClaims: { token_use: "access" },
    insecure: { allowMissingType: true },
  };
}
