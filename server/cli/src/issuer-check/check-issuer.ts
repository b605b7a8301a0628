import { isLoopback, systemClock, toFactText, type UnverifiedJws } from "@countersign/server/internal";
import type { FetchParts, FetchSettings } from "../issuer-file/key-files.ts";
import { textOf } from "./claims-of.ts";
import { listWellKnownPlaces, type NamedIssuer } from "./find-issuer.ts";
import { type KeySetReport, lookAtKeys, SLOW_MS } from "./key-set.ts";
import { type FoundMetadata, fetchMetadata, type MetadataAnswer } from "./metadata.ts";
import { isUrlText } from "./printable.ts";
import { type Suggestion, suggestOptions } from "./suggestion.ts";
import { lookAtToken, type TokenShape } from "./token-shape.ts";

/** What is to be checked. */
export interface CheckOptions {
  readonly named: NamedIssuer;
  /** Where the keys are, if that was said. */
  readonly jwksUri: string | undefined;
  /** The token, not verified; undefined: there is none. */
  readonly jws: UnverifiedJws | undefined;
  readonly audiences: readonly string[];
  /** How documents are asked for, in words and in fact. */
  readonly settings: FetchSettings;
  readonly fetching: FetchParts;
}

/** What was found. */
export interface IssuerReport {
  readonly issuer: string;
  readonly metadata: readonly MetadataAnswer[];
  /** Undefined: there are none. */
  readonly keys: KeySetReport | undefined;
  readonly token: TokenShape | undefined;
  /** What is unusual, each as a sentence. */
  readonly notes: readonly string[];
  readonly suggestion: Suggestion;
}

/** Ask an issuer as the gate would, and find out what to trust it with. It fails for nothing that the issuer answers. */
export async function checkIssuer(options: CheckOptions): Promise<IssuerReport> {
  const { named, jws, audiences, settings, fetching } = options;
  const context = { fetching, clock: systemClock };
  const metadata = await Promise.all(named.places.map((place) => fetchMetadata(place, context)));
  const found = chooseMetadata(metadata, named.issuer);
  const uses = named.issuer.startsWith("spiffe:") ? ["jwt-svid", "sig"] : undefined;
  const jwksUri = options.jwksUri ?? found?.jwksUri;
  const { keys, notes } = await lookAt(jwksUri, found, { ...context, uses });
  const issuer = nameOf(named, { found, jws, keys });
  const token = jws && lookAtToken(jws, audiences);
  const suggestion = suggestOptions({
    issuer,
    metadata: found,
    metadataUri: found && (isWellKnown(found.place, issuer) ? undefined : found.place),
    jwksUri: options.jwksUri,
    algorithms: algorithmsOf(keys, jws),
    // Whom tokens must be for goes before whom this one is for.
    claims: { ...jws?.payload, ...(audiences.length > 0 && { aud: audiences }) },
    asked: token?.options ?? {},
    fetching: settings,
  });
  const names = { asked: named.issuer, issuer, jwksUri };
  return {
    issuer,
    metadata,
    keys,
    token,
    notes: [
      ...noteMetadata(metadata, names),
      ...notes,
      ...noteToken(names, { keys, jws }),
      ...noteHeader(suggestion),
    ],
    suggestion,
  };
}

function isWellKnown(place: string, issuer: string): boolean {
  const url = URL.parse(issuer);
  const isWeb = url !== null && ["https:", "http:"].includes(url.protocol);
  return isWeb && listWellKnownPlaces(url).some(({ href }) => href === place);
}

/** The first that is the issuer's own; else any, which may be all that there is. */
function chooseMetadata(answers: readonly MetadataAnswer[], issuer: string): FoundMetadata | undefined {
  const found = answers.filter((answer) => answer.kind === "found");
  return (
    found.find((answer) => answer.issuer === issuer) ??
    found.find(({ jwksUri }) => jwksUri !== undefined) ??
    found[0]
  );
}

interface NameHints {
  readonly found: FoundMetadata | undefined;
  readonly jws: UnverifiedJws | undefined;
  readonly keys: KeySetReport | undefined;
}

/** What tokens say counts, if this issuer's key may have signed them; then what the metadata says of itself. */
function nameOf({ issuer }: NamedIssuer, { found, jws, keys }: NameHints): string {
  const iss = jws && textOf(jws.payload, "iss");
  const kid = jws && textOf(jws.header, "kid");
  const isOwn = found === undefined || found.issuer === iss || keys?.kids.includes(toFactText(kid));
  return (isOwn && isUrlText(iss) ? iss : undefined) ?? found?.issuer ?? issuer;
}

interface LookedAt {
  readonly keys: KeySetReport | undefined;
  readonly notes: readonly string[];
}

async function lookAt(
  jwksUri: string | undefined,
  found: FoundMetadata | undefined,
  context: Parameters<typeof lookAtKeys>[1],
): Promise<LookedAt> {
  const url = URL.parse(jwksUri ?? "");
  if (url === null || !["https:", "http:"].includes(url.protocol)) {
    const why =
      found === undefined
        ? "there is no metadata: name its keys with --jwks-url"
        : "its metadata names no key set";
    return { keys: undefined, notes: [why] };
  }
  // What the headers hold is for the origin that was named, not for one that a document names.
  const isOwn = found === undefined || new URL(found.url).origin === url.origin;
  const { headers: _, ...anonymous } = context.fetching;
  try {
    const keys = await lookAtKeys(url, { ...context, fetching: isOwn ? context.fetching : anonymous });
    return { keys, notes: keys.notes };
  } catch (error) {
    return { keys: undefined, notes: [error instanceof Error ? error.message : "the key set cannot be had"] };
  }
}

function algorithmsOf(keys: KeySetReport | undefined, jws: UnverifiedJws | undefined): readonly string[] {
  const alg = jws && textOf(jws.header, "alg");
  return [...new Set<string>([...(keys?.algorithms ?? []), ...(alg === undefined ? [] : [alg])])];
}

interface Names {
  /** The issuer that was asked for. */
  readonly asked: string;
  /** The issuer that tokens name. */
  readonly issuer: string;
  readonly jwksUri: string | undefined;
}

function noteMetadata(
  answers: readonly MetadataAnswer[],
  { asked, issuer, jwksUri }: Names,
): readonly string[] {
  const found = answers.filter((answer) => answer.kind === "found");
  const others = found.filter((answer) => answer.issuer !== issuer && !answer.issuer.includes("{tenantid}"));
  const isSplit = new Set(found.map((answer) => answer.jwksUri)).size > 1;
  const isOpen = [asked, jwksUri].some(
    (url) => url?.startsWith("http:") && !isLoopback(new URL(url).hostname),
  );
  const algorithms = new Set(found.flatMap(({ idTokenAlgorithms }) => idTokenAlgorithms));
  return [
    ...(issuer === asked
      ? []
      : [`the issuer is ${toFactText(issuer)}, not ${toFactText(asked)}: it is compared letter by letter`]),
    ...others.map(
      (answer) =>
        `${answer.url} is the metadata of ${toFactText(answer.issuer)}, not of ${toFactText(issuer)}`,
    ),
    ...(isSplit ? ["its two documents name different key sets"] : []),
    ...found
      .filter(({ tookMs }) => tookMs > SLOW_MS)
      .map(({ url, tookMs }) => `${url} took ${Math.round(tookMs)} ms: after 3000 ms the gate gives up`),
    ...(isOpen
      ? [
          "it is asked over http://, where others can put keys of theirs in between: insecure.allowHttpHosts names the host",
        ]
      : []),
    ...(algorithms.has("none")
      ? ["it may issue ID tokens without a signature (none): the gate refuses these"]
      : []),
    ...(found.length > 0 && algorithms.size === 1 && algorithms.has("HS256")
      ? ["its ID tokens are signed with secrets of clients (HS256), which no server has"]
      : []),
  ];
}

function noteToken(
  { asked, issuer }: Names,
  { keys, jws }: Pick<NameHints, "jws" | "keys">,
): readonly string[] {
  if (jws === undefined) {
    return [
      "whether its access tokens have typ at+jwt, and whom they are for, is seen in one: give it with --token",
    ];
  }
  const iss = textOf(jws.payload, "iss");
  const kid = textOf(jws.header, "kid");
  const isKnown = keys === undefined || kid === undefined || keys.kids.includes(toFactText(kid));
  return [
    // What others wrote is shown, and not as a command to paste into a shell.
    ...(keys === undefined && iss !== undefined && iss !== asked
      ? [`the token says that its issuer is ${toFactText(iss)}: check that URL, not ${toFactText(asked)}`]
      : []),
    ...(iss === undefined || iss === issuer
      ? []
      : [`the token is of ${toFactText(iss)}, not of ${toFactText(issuer)}`]),
    ...(isKnown
      ? []
      : [
          `the key of the token, ${toFactText(kid)}, is not in the key set: it is another issuer's, or was withdrawn`,
        ]),
  ];
}

/** Proxies that sign users in put the token into a header of their own. */
const HEADERS_OF_PRESETS: ReadonlyMap<string, string> = new Map([
  ["cloudflareAccess", "cf-access-jwt-assertion"],
  ["googleIap", "x-goog-iap-jwt-assertion"],
]);

function noteHeader({ choice }: Suggestion): readonly string[] {
  const header = HEADERS_OF_PRESETS.get(choice?.preset ?? "");
  return header === undefined
    ? []
    : [
        `its tokens come in a header of their own: tokenHeader: "${header}" of createAuth, or --token-header ${header}`,
      ];
}
