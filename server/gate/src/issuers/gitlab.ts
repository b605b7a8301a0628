import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, narrowing, SWITCH } from "../kernel/option-forms.ts";
import {
  LOCATION,
  NAMES,
  type OptionForms,
  REQUIRED_NAMES,
  type Texts,
  toList,
  toRequiredClaims,
  withoutLastSlash,
} from "./preset-forms.ts";

/** What {@link gitlab} takes. */
export interface GitlabOptions {
  /** The URL of the instance, as claim `iss` has it. Default: `https://gitlab.com`. */
  readonly url?: string | undefined;
  /** Claim `aud`, which the job asks for under `id_tokens`. */
  readonly audience: Texts;
  /** Whose jobs may come, as `group/project`. At least one of this and `namespace`: the job of any project gets a token for any audience. */
  readonly project?: Texts;
  /** The group or user whose projects' jobs may come. */
  readonly namespace?: Texts;
  /** Whether the branch or tag must be protected. Default: false. */
  readonly protectedRef?: boolean;
}

/** The forms of its options. */
export const GITLAB_OPTIONS: OptionForms<GitlabOptions> = {
  url: LOCATION,
  audience: REQUIRED_NAMES,
  project: narrowing(NAMES),
  namespace: narrowing(NAMES),
  protectedRef: narrowing(SWITCH),
};

/**
 * Trust the ID tokens of jobs of GitLab CI. `project_path`, `ref` and `environment` can be named in rules, too.
 *
 * @throws TypeError when an option is wrong, or nothing says whose jobs may come
 */
export function gitlab(options: GitlabOptions): IssuerOptions {
  assertOptions("gitlab", options, GITLAB_OPTIONS);
  const { audience, project, namespace, protectedRef = false } = options;
  const url = withoutLastSlash(options.url ?? "https://gitlab.com");
  if (project === undefined && namespace === undefined) {
    throw new TypeError("gitlab needs project or namespace: anybody's job gets a token for any audience");
  }
  return {
    issuer: url,
    keys: { jwksUri: `${url}/oauth/discovery/keys` },
    audiences: toList(audience),
    algorithms: ["RS256"],
    types: ["JWT"],
    requiredClaims: toRequiredClaims({
      project_path: project,
      namespace_path: namespace,
      ref_protected: protectedRef ? "true" : undefined,
    }),
  };
}
