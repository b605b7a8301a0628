import type { Clock } from "@countersign/server";
import { fetchDocument, toFactText } from "@countersign/server/internal";
import type { FetchParts } from "../issuer-file/key-files.ts";
import { isUrlText } from "./printable.ts";

/** What was found at one place of metadata. */
export type MetadataAnswer = FoundMetadata | NoMetadata;

/** Metadata of an issuer (RFC 8414 §2), as far as it is looked at. */
export interface FoundMetadata {
  readonly kind: "found";
  readonly url: string;
  /** The same with its query. */
  readonly place: string;
  /** How long the answer took, in milliseconds. */
  readonly tookMs: number;
  /** The issuer that it names. */
  readonly issuer: string;
  /** Where it says that the keys are. */
  readonly jwksUri: string | undefined;
  /** What it says that ID tokens are signed with. */
  readonly idTokenAlgorithms: readonly string[];
}

/** A place without metadata. */
export interface NoMetadata {
  readonly kind: "none";
  readonly url: string;
  /** Why, as a sentence without its subject. */
  readonly why: string;
}

/** Ask a place for the metadata of an issuer. It never throws. */
export async function fetchMetadata(
  place: URL,
  { fetching, clock }: { readonly fetching: FetchParts; readonly clock: Clock },
): Promise<MetadataAnswer> {
  const url = `${place.origin}${place.pathname}`;
  const startMs = clock.monotonicMs();
  try {
    const { json } = await fetchDocument(place, fetching);
    return readMetadata(json, place, clock.monotonicMs() - startMs);
  } catch (error) {
    const message = error instanceof Error ? error.message : "failed";
    return { kind: "none", url, why: message.startsWith(url) ? message.slice(url.length).trim() : message };
  }
}

function readMetadata(json: unknown, place: URL, tookMs: number): MetadataAnswer {
  const url = `${place.origin}${place.pathname}`;
  const metadata: Readonly<Record<string, unknown>> =
    typeof json === "object" && json !== null ? { ...json } : {};
  const { issuer, jwks_uri: jwksUri, id_token_signing_alg_values_supported: algorithms } = metadata;
  if (!isUrlText(issuer)) {
    return { kind: "none", url, why: "is not the metadata of an issuer" };
  }
  return {
    kind: "found",
    url,
    place: place.href,
    tookMs,
    issuer,
    jwksUri: isUrlText(jwksUri) ? jwksUri : undefined,
    idTokenAlgorithms: Array.isArray(algorithms) ? algorithms.slice(0, 20).map(toFactText) : [],
  };
}
