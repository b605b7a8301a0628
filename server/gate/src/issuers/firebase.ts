import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, TEXT } from "../kernel/option-forms.ts";
import { type OptionForms, REQUIRED_SEGMENT } from "./preset-forms.ts";

/** What {@link firebase} takes. */
export interface FirebaseOptions {
  /** The id of the project. */
  readonly projectId: string;
  /** The custom claim that has roles. Default: `roles`. */
  readonly rolesClaim?: string | undefined;
}

/** The forms of its options. */
export const FIREBASE_OPTIONS: OptionForms<FirebaseOptions> = {
  projectId: REQUIRED_SEGMENT,
  rolesClaim: TEXT,
};

/**
 * Trust the ID tokens of a project of Firebase Authentication, which are what its clients send to servers. Those of the
 * emulator are not signed and stay refused.
 *
 * @throws TypeError when an option is wrong
 */
export function firebase(options: FirebaseOptions): IssuerOptions {
  assertOptions("firebase", options, FIREBASE_OPTIONS);
  const { projectId, rolesClaim = "roles" } = options;
  return {
    issuer: `https://securetoken.google.com/${projectId}`,
    keys: {
      jwksUri: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    },
    audiences: [projectId],
    algorithms: ["RS256"],
    types: ["JWT"],
    claims: { roles: rolesClaim },
  };
}
