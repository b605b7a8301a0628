import type { IssuerOptions } from "../connect/issuer-options.ts";
import type { OptionForm } from "../kernel/option-forms.ts";
import { AUTH0_OPTIONS, auth0 } from "./auth0.ts";
import { CLERK_OPTIONS, clerk } from "./clerk.ts";
import { CLOUDFLARE_ACCESS_OPTIONS, cloudflareAccess } from "./cloudflare-access.ts";
import { COGNITO_OPTIONS, cognito } from "./cognito.ts";
import { ENTRA_OPTIONS, entra } from "./entra.ts";
import { FIREBASE_OPTIONS, firebase } from "./firebase.ts";
import { GITHUB_ACTIONS_OPTIONS, githubActions } from "./github-actions.ts";
import { GITLAB_OPTIONS, gitlab } from "./gitlab.ts";
import { GOOGLE_OPTIONS, google } from "./google.ts";
import { GOOGLE_IAP_OPTIONS, googleIap } from "./google-iap.ts";
import { KEYCLOAK_OPTIONS, keycloak } from "./keycloak.ts";
import { KUBERNETES_OPTIONS, kubernetes } from "./kubernetes.ts";
import { LOGTO_OPTIONS, logto } from "./logto.ts";
import { OKTA_OPTIONS, okta } from "./okta.ts";
import type { OptionForms } from "./preset-forms.ts";
import { SPIFFE_OPTIONS, spiffe } from "./spiffe.ts";
import { SUPABASE_OPTIONS, supabase } from "./supabase.ts";
import { WORKOS_OPTIONS, workos } from "./workos.ts";
import { ZITADEL_OPTIONS, zitadel } from "./zitadel.ts";

/** A preset, for those who find it by its name. */
export interface Preset {
  /** The forms of its options, by their names. */
  readonly options: Readonly<Record<string, OptionForm>>;
  /** @throws TypeError when an option is unknown or wrong */
  create(options: object): IssuerOptions;
}

/** All presets, by their names. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  auth0: toPreset(auth0, AUTH0_OPTIONS),
  clerk: toPreset(clerk, CLERK_OPTIONS),
  cloudflareAccess: toPreset(cloudflareAccess, CLOUDFLARE_ACCESS_OPTIONS),
  cognito: toPreset(cognito, COGNITO_OPTIONS),
  entra: toPreset(entra, ENTRA_OPTIONS),
  firebase: toPreset(firebase, FIREBASE_OPTIONS),
  githubActions: toPreset(githubActions, GITHUB_ACTIONS_OPTIONS),
  gitlab: toPreset(gitlab, GITLAB_OPTIONS),
  google: toPreset(google, GOOGLE_OPTIONS),
  googleIap: toPreset(googleIap, GOOGLE_IAP_OPTIONS),
  keycloak: toPreset(keycloak, KEYCLOAK_OPTIONS),
  kubernetes: toPreset(kubernetes, KUBERNETES_OPTIONS),
  logto: toPreset(logto, LOGTO_OPTIONS),
  okta: toPreset(okta, OKTA_OPTIONS),
  spiffe: toPreset(spiffe, SPIFFE_OPTIONS),
  supabase: toPreset(supabase, SUPABASE_OPTIONS),
  workos: toPreset(workos, WORKOS_OPTIONS),
  zitadel: toPreset(zitadel, ZITADEL_OPTIONS),
};

function toPreset<Options extends object>(
  preset: (options: Options) => IssuerOptions,
  options: OptionForms<Options>,
): Preset {
  // Each preset asserts by the same table that its options are of their type.
  return { options, create: (given) => preset(given as Options) };
}
