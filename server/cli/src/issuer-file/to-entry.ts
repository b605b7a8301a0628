import {
  type ClientCredential,
  clientSecret,
  type IssuerOptions,
  type KeyOptions,
} from "@countersign/server";
import { PRESETS } from "@countersign/server/internal";
import type { ExchangeSettings } from "./exchange-schema.ts";
import type { EntrySettings } from "./file-schema.ts";
import {
  besideFile,
  createFetchParts,
  type FetchParts,
  type FetchSettings,
  readSecretText,
  readSharedSecret,
} from "./key-files.ts";
import type { KeySettings, LocationSettings } from "./key-schema.ts";
import type { PresetOptions, PresetSettings } from "./preset-schema.ts";
import type { ClientSettings, SharedSignalsSettings } from "./shared-signals-schema.ts";

/** An issuer of the file. */
export interface TrustedIssuerEntry extends IssuerOptions {
  /** Absent: its tokens are not exchanged. */
  readonly exchange?: ExchangeSettings | undefined;
  /** Whether its tokens only authenticate clients, and are not accepted in calls. Default: false. */
  readonly clientsOnly?: boolean | undefined;
}

/**
 * Make the options of an issuer of what the file says about it, and of what stands in the files that it names.
 *
 * @param settings what the file says
 * @param file the path of the file: those that it names are relative to it
 * @throws CommandError when one of them is not usable
 * @throws TypeError when an option of a preset is wrong
 */
export async function toEntry(settings: EntrySettings, file: string): Promise<TrustedIssuerEntry> {
  if ("preset" in settings) {
    return await toPresetEntry(settings, file);
  }
  if ("keys" in settings) {
    const { keys, sharedSignals, ...options } = settings;
    return {
      ...options,
      ...(await toSharedSignals(sharedSignals, file)),
      keys: await toKeyOptions(keys, file),
    };
  }
  const { jwks, jwksUri, discovery, sharedSignals, ...options } = settings;
  return {
    ...options,
    ...(await toSharedSignals(sharedSignals, file)),
    keys: toFlatKeys({ jwks, jwksUri, discovery }),
  };
}

/**
 * What stands beside the options of a preset takes the place of what the preset says. Only the claims that a token must
 * have, and must not have, are added to those of the preset: they are what tells its tokens from others of the issuer.
 */
async function toPresetEntry(settings: PresetSettings, file: string): Promise<TrustedIssuerEntry> {
  const { preset, options, keys, sharedSignals, ...others } = settings;
  const made = createByPreset(preset, await toPresetOptions(options, file));
  return {
    ...made,
    ...others,
    ...joinClaimRules(made, others),
    ...(await toSharedSignals(sharedSignals, file)),
    ...(keys === undefined ? {} : { keys: await toKeyOptions(keys, file) }),
  };
}

type ClaimRules = Pick<IssuerOptions, "forbiddenClaims" | "presentClaims" | "requiredClaims">;

/** Of a claim that both require, the second says what it must be. */
function joinClaimRules(first: ClaimRules, second: ClaimRules): ClaimRules {
  return {
    requiredClaims: { ...first.requiredClaims, ...second.requiredClaims },
    presentClaims: [...(first.presentClaims ?? []), ...(second.presentClaims ?? [])],
    forbiddenClaims: [...(first.forbiddenClaims ?? []), ...(second.forbiddenClaims ?? [])],
  };
}

function createByPreset(preset: string, options: object): IssuerOptions {
  const known = PRESETS[preset];
  if (known === undefined) {
    throw new TypeError(`there is no preset ${preset}`);
  }
  return known.create(options);
}

async function toPresetOptions(options: PresetOptions, file: string): Promise<object> {
  const { sharedSecretFile, headers, bearerTokenFile, caFile, ...others } = options;
  const secret =
    sharedSecretFile === undefined
      ? {}
      : { sharedSecret: await readSharedSecret(besideFile(file, sharedSecretFile)) };
  return { ...others, ...secret, ...(await toFetchParts({ headers, bearerTokenFile, caFile }, file)) };
}

async function toSharedSignals(
  settings: SharedSignalsSettings | undefined,
  file: string,
): Promise<Pick<IssuerOptions, "sharedSignals">> {
  if (settings === undefined) {
    return {};
  }
  const { keys, push, client, headers, bearerTokenFile, caFile, ...options } = settings;
  return {
    sharedSignals: {
      ...options,
      ...(await toFetchParts({ headers, bearerTokenFile, caFile }, file)),
      ...(keys === undefined ? {} : { keys: await toKeyOptions(keys, file) }),
      ...(client === undefined ? {} : { client: await toClient(client, file) }),
      ...(push === undefined ? {} : { push: await toPush(push, file) }),
    },
  };
}

async function toClient(
  { id, secretFile, scope }: ClientSettings,
  file: string,
): Promise<{ readonly credential: ClientCredential; readonly scope?: string | undefined }> {
  const secret = await readSecretText(besideFile(file, secretFile), "secretFile");
  return { credential: clientSecret(id, secret), scope };
}

async function toPush(
  { authorizationFile }: NonNullable<SharedSignalsSettings["push"]>,
  file: string,
): Promise<{ readonly authorization?: string }> {
  return authorizationFile === undefined
    ? {}
    : { authorization: await readSecretText(besideFile(file, authorizationFile), "authorizationFile") };
}

function toKeyOptions(keys: KeySettings, file: string): Promise<IssuerOptions["keys"]> {
  return Array.isArray(keys)
    ? Promise.all(keys.map((location) => toLocation(location, file)))
    : toLocation(keys, file);
}

async function toLocation(keys: LocationSettings, file: string): Promise<KeyOptions> {
  if ("sharedSecretFile" in keys) {
    return { sharedSecret: await readSharedSecret(besideFile(file, keys.sharedSecretFile)) };
  }
  if ("jwks" in keys) {
    return keys;
  }
  const { headers, bearerTokenFile, caFile, ...location } = keys;
  return { ...location, ...(await toFetchParts({ headers, bearerTokenFile, caFile }, file)) };
}

function toFetchParts(
  { headers, bearerTokenFile, caFile }: FetchSettings,
  file: string,
): Promise<FetchParts> {
  return createFetchParts({
    headers,
    bearerTokenFile: bearerTokenFile && besideFile(file, bearerTokenFile),
    caFile: caFile && besideFile(file, caFile),
  });
}

function toFlatKeys({ jwks, jwksUri }: FlatKeys): KeyOptions {
  if (jwks !== undefined) {
    return { jwks };
  }
  return jwksUri === undefined ? { discovery: true } : { jwksUri };
}

interface FlatKeys {
  readonly jwks: unknown;
  readonly jwksUri: string | undefined;
  readonly discovery: true | undefined;
}
