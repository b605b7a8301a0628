import type { Clock, SignatureAlgorithm } from "@countersign/server";
import { fetchDocument, importKeys, PUBLIC_KEY_ALGORITHMS, toFactText } from "@countersign/server/internal";
import type { FetchParts } from "../issuer-file/key-files.ts";

/** What is in a key set. */
export interface KeySetReport {
  readonly url: string;
  /** How many keys it has, and how many of them can verify signatures. */
  readonly count: number;
  readonly usable: number;
  /** The algorithms that its keys name, or else those that they can verify. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The names of its keys. */
  readonly kids: readonly string[];
  /** What is unusual about it, each as a sentence. */
  readonly notes: readonly string[];
}

/** How documents are fetched, and by which clock. */
export interface FetchContext {
  readonly fetching: FetchParts;
  readonly clock: Clock;
  /** The values of `use` that keys for signatures have. */
  readonly uses: readonly string[] | undefined;
}

/** How long an answer of a slow server takes, in milliseconds: a third of what the gate waits for it. */
export const SLOW_MS = 1000;

/** How long the gate keeps a key set at the least, in seconds. */
const MIN_AGE_SECONDS = 60;

/**
 * Look at a key set with the gate's own eyes.
 *
 * @throws Error when it cannot be had, or is none
 */
export async function lookAtKeys(url: URL, { fetching, clock, uses }: FetchContext): Promise<KeySetReport> {
  const startMs = clock.monotonicMs();
  const { json, maxAgeSeconds } = await fetchDocument(url, fetching);
  const tookMs = clock.monotonicMs() - startMs;
  const passedOver = new Set<string>();
  const onPassedOver = (why: string): void => void passedOver.add(why);
  const options = { algorithms: PUBLIC_KEY_ALGORITHMS, uses };
  // Of the whole set, for what is wrong with the set; and of each key, for what it is good for.
  await importKeys(json, { ...options, onPassedOver });
  const jwks = listKeys(json);
  const usable = (await Promise.all(jwks.map((jwk) => importKeys({ keys: [jwk] }, options)))).filter(
    ({ size }) => size > 0,
  );
  const able = new Set(usable.flatMap((keys) => [...keys.values()].map(({ algorithm }) => algorithm)));
  const named = PUBLIC_KEY_ALGORITHMS.filter(
    (name) => able.has(name) && jwks.some(({ alg }) => alg === name),
  );
  return {
    url: `${url.origin}${url.pathname}`,
    count: jwks.length,
    usable: usable.length,
    algorithms: named.length === 0 ? PUBLIC_KEY_ALGORITHMS.filter((name) => able.has(name)) : named,
    kids: jwks.map(({ kid }) => toFactText(kid)),
    notes: [
      ...[...passedOver].map((why) => `${why}: it is passed over`),
      ...noteNames(jwks),
      ...noteMembers(jwks),
      ...noteTimes(tookMs, maxAgeSeconds),
    ],
  };
}

type Jwk = Readonly<Record<string, unknown>>;

function listKeys(json: unknown): readonly Jwk[] {
  const { keys }: { readonly keys?: unknown } = Object(json);
  const list: readonly unknown[] = Array.isArray(keys) ? keys : [];
  return list.map((jwk) => ({ ...Object(jwk) }));
}

function noteNames(jwks: readonly Jwk[]): readonly string[] {
  const groups = [
    ...Map.groupBy(
      jwks.filter((jwk) => !isUnnamed(jwk)),
      nameOf,
    ).values(),
  ];
  const twice = groups
    .filter(({ length }) => length > 1)
    .map(
      (same) =>
        `${same.length} keys have kid ${toFactText(same[0]?.kid)} and the same alg: at most 4 of them are tried`,
    );
  const unnamed = jwks.filter(isUnnamed).length;
  return [
    ...twice,
    ...(unnamed > 0 && jwks.length > 1
      ? [
          `${unnamed} of ${jwks.length} keys have no kid: tokens that name none are tried with each that fits, at most 4`,
        ]
      : []),
  ];
}

function nameOf({ kid, alg, use }: Jwk): string {
  return JSON.stringify([kid, alg ?? null, use ?? null]);
}

function isUnnamed({ kid }: Jwk): boolean {
  return kid === undefined || kid === null || kid === "";
}

function noteMembers(jwks: readonly Jwk[]): readonly string[] {
  const withoutAlg = jwks.filter(({ alg }) => alg === undefined).length;
  const secret = jwks.filter((jwk) =>
    ["d", "p", "q", "k"].some((member) => Object.hasOwn(jwk, member)),
  ).length;
  return [
    ...(withoutAlg > 0
      ? [`${withoutAlg} of ${jwks.length} keys name no alg: each counts for all that its type can verify`]
      : []),
    ...(secret > 0
      ? [`${secret} of ${jwks.length} keys are PRIVATE or secret: whoever reads this can sign tokens`]
      : []),
  ];
}

function noteTimes(tookMs: number, maxAgeSeconds: number | undefined): readonly string[] {
  const isShort = maxAgeSeconds !== undefined && maxAgeSeconds < MIN_AGE_SECONDS;
  return [
    ...(tookMs > SLOW_MS
      ? [`the key set took ${Math.round(tookMs)} ms: after 3000 ms the gate gives up`]
      : []),
    ...(isShort
      ? [`the key set may be kept for ${maxAgeSeconds} s: the gate keeps it for ${MIN_AGE_SECONDS} s`]
      : []),
  ];
}
