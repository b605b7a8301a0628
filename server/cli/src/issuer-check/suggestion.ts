import type { IssuerOptions } from "@countersign/server";
import { isLoopback, PRESETS } from "@countersign/server/internal";
import type { FetchSettings } from "../issuer-file/key-files.ts";
import type { FoundMetadata } from "./metadata.ts";
import { type PresetChoice, recognizeProvider, TO_FILL_IN } from "./providers.ts";
import type { TokenOptions } from "./token-shape.ts";

/** The options to paste, as the file of trusted issuers has them. */
export interface Suggestion {
  /** The preset of the provider; undefined where there is none. */
  readonly choice: PresetChoice | undefined;
  /** The members of the issuer; beside a preset, those that it does not say. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Whether something is to be filled in that cannot be seen from outside. */
  readonly isPartial: boolean;
}

/** What is known of an issuer. */
export interface Findings {
  /** Its name, as tokens have it. */
  readonly issuer: string;
  /** Its metadata; undefined where there is none. */
  readonly metadata: FoundMetadata | undefined;
  /** Where its metadata is, if not at a well-known place of its own. */
  readonly metadataUri: string | undefined;
  /** Where its keys are, if its metadata does not say so. */
  readonly jwksUri: string | undefined;
  /** The algorithms of its keys, and of the token. */
  readonly algorithms: readonly string[];
  /** The claims of the token; empty where there is none. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The options that the token asks for. */
  readonly asked: TokenOptions;
  /** How its keys are asked for. */
  readonly fetching: FetchSettings;
}

/** What is accepted without an option. */
const DEFAULT_ALGORITHMS: ReadonlySet<string> = new Set(["EdDSA", "Ed25519", "ES256", "PS256", "RS256"]);

/** Find the options to paste. */
export function suggestOptions(findings: Findings): Suggestion {
  const { issuer, metadata, claims } = findings;
  const jwksUri = findings.jwksUri ?? metadata?.jwksUri;
  const choice = recognizeProvider({ issuer, jwksUri, claims });
  const hosts = listHttpHosts([issuer, jwksUri, findings.metadataUri]);
  return choice === undefined ? suggestMembers(findings, hosts) : suggestPreset(choice, findings, hosts);
}

function suggestMembers(findings: Findings, hosts: readonly string[]): Suggestion {
  const { issuer, algorithms, asked } = findings;
  const { insecure, ...others } = asked;
  const tenants = issuer.includes("{tenantid}") ? { tenants: { allowed: [TO_FILL_IN] } } : {};
  const isUsual = algorithms.every((name) => DEFAULT_ALGORITHMS.has(name));
  const relaxed = { ...insecure, ...toHttpHosts(hosts) };
  const members = {
    issuer,
    keys: toKeys(findings),
    ...tenants,
    ...(isUsual ? {} : { algorithms }),
    ...others,
    ...(Object.keys(relaxed).length === 0 ? {} : { insecure: relaxed }),
  };
  return { choice: undefined, members, isPartial: isOpen(tenants) || isOpen(members.keys) };
}

function suggestPreset(choice: PresetChoice, findings: Findings, hosts: readonly string[]): Suggestion {
  const isPartial = isOpen(choice.options);
  const { bearerTokenFile, caFile } = findings.fetching;
  const files = { ...(bearerTokenFile && { bearerTokenFile }), ...(caFile && { caFile }) };
  const hasFiles = Object.keys(files).length > 0;
  // Presets of issuers whose keys are not open to all take these themselves.
  const takesFiles = Object.hasOwn(PRESETS[choice.preset]?.options ?? {}, "fetch");
  const options = takesFiles ? { ...choice.options, ...files } : choice.options;
  const members = {
    ...(hasFiles && !takesFiles ? { keys: toKeys(findings) } : {}),
    ...(hosts.length > 0
      ? { insecure: { ...insecureOf({ ...choice, options: choice.options }), ...toHttpHosts(hosts) } }
      : {}),
  };
  return { choice: { ...choice, options }, members, isPartial };
}

/** Whether something in it is to be filled in. */
function isOpen(options: object): boolean {
  return JSON.stringify(options).includes(TO_FILL_IN);
}

/** What the preset relaxes: a member beside its options takes the place of the preset's. */
function insecureOf({ preset, options }: PresetChoice): IssuerOptions["insecure"] {
  try {
    return PRESETS[preset]?.create(options).insecure;
  } catch {
    // An option is missing that cannot be seen from outside: the preset says so when it is used.
    return undefined;
  }
}

function toKeys({
  issuer,
  metadata,
  metadataUri,
  jwksUri,
  fetching,
}: Findings): Readonly<Record<string, unknown>> {
  const { bearerTokenFile, caFile } = fetching;
  const files = { ...(bearerTokenFile && { bearerTokenFile }), ...(caFile && { caFile }) };
  if (jwksUri !== undefined || metadata === undefined) {
    return { jwksUri: jwksUri ?? TO_FILL_IN, ...files };
  }
  return {
    discovery: true,
    ...(metadataUri === undefined ? {} : { metadataUri }),
    ...(metadata.issuer === issuer ? {} : { metadataIssuer: metadata.issuer }),
    ...files,
  };
}

function listHttpHosts(urls: readonly (string | undefined)[]): readonly string[] {
  const hosts = urls.flatMap((text) => {
    const url = URL.parse(text ?? "");
    const isOpen = url?.protocol === "http:" && !isLoopback(url.hostname);
    return isOpen ? [url.port === "" ? `${url.hostname}:80` : url.host] : [];
  });
  return [...new Set(hosts)];
}

function toHttpHosts(hosts: readonly string[]): object {
  return hosts.length === 0 ? {} : { allowHttpHosts: hosts };
}
