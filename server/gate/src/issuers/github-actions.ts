import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, narrowing } from "../kernel/option-forms.ts";
import {
  NAMES,
  type OptionForms,
  REQUIRED_NAMES,
  type Texts,
  toList,
  toRequiredClaims,
} from "./preset-forms.ts";

/** What {@link githubActions} takes. */
export interface GithubActionsOptions {
  /** Claim `aud`, which the workflow asks for. */
  readonly audience: Texts;
  /** Whose workflows may come, as `owner/name`. At least one of this and `owner`: the workflow of any repository gets a token for any audience. */
  readonly repository?: Texts;
  /** The organization or user whose repositories' workflows may come. */
  readonly owner?: Texts;
  /** The environment that the job must run in: its protection rules hold then. Default: any, or none. */
  readonly environment?: Texts;
  /** The branch or tag that the workflow must run on, such as `refs/heads/main`. Default: any. */
  readonly ref?: Texts;
}

/** The forms of its options. */
export const GITHUB_ACTIONS_OPTIONS: OptionForms<GithubActionsOptions> = {
  audience: REQUIRED_NAMES,
  repository: narrowing(NAMES),
  owner: narrowing(NAMES),
  environment: narrowing(NAMES),
  ref: narrowing(NAMES),
};

/**
 * Trust the tokens of workflows of GitHub Actions. `repository`, `ref` and `environment` can be named in rules, too.
 *
 * @throws TypeError when an option is wrong, or nothing says whose workflows may come
 */
export function githubActions(options: GithubActionsOptions): IssuerOptions {
  assertOptions("githubActions", options, GITHUB_ACTIONS_OPTIONS);
  const { audience, repository, owner, environment, ref } = options;
  if (repository === undefined && owner === undefined) {
    throw new TypeError(
      "githubActions needs repository or owner: anybody's workflow gets a token for any audience",
    );
  }
  const issuer = "https://token.actions.githubusercontent.com";
  return {
    issuer,
    keys: { jwksUri: `${issuer}/.well-known/jwks` },
    audiences: toList(audience),
    algorithms: ["RS256"],
    types: ["JWT"],
    requiredClaims: toRequiredClaims({
      repository: repository,
      repository_owner: owner,
      environment: environment,
      ref: ref,
    }),
  };
}
