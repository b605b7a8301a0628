/** The claims of a token, as parsed. */
export type Claims = Readonly<Record<string, unknown>>;

/** A value that a claim can be required to have. Text and number are never the same. */
export type ClaimValue = string | number | boolean;

/**
 * Where something stands in a token. Text: the claim of exactly this name, at the top; dots and slashes are part of the
 * name. An object: a path.
 */
export type ClaimSource = string | ClaimPath;

/** A path through the objects of a token. */
export interface ClaimPath {
  /** The exact names of members, from the outside to the inside. It leads through objects, never through a list. */
  readonly path: readonly string[];
  /**
   * For scopes and roles that are a list of objects: the member of each that is the word, such as `key` for
   * `roles: [{ "key": "admin" }]`. Default: `value` (RFC 7643 §4.1.2).
   */
  readonly member?: string | undefined;
  /**
   * For scopes and roles that are an object: its keys are the words, such as `{ "admin": { … } }`. A key whose value is
   * `false` or `null` is none. Default: an object holds no words.
   */
  readonly objectKeys?: true | undefined;
}

/** Finds the value of one place in the claims of a token; undefined when there is none. */
export type ReadValue = (claims: Claims) => unknown;

/** One place in a token, ready to be read. */
export interface ReadableClaim {
  /** What it is called in messages: the names of its path, with dots between. */
  readonly name: string;
  readonly read: ReadValue;
}

/** One place that holds words. */
export interface WordsClaim extends ReadableClaim {
  /** The member of each object in a list that is the word. */
  readonly member: string;
  /** Whether the keys of an object are the words. */
  readonly areKeys: boolean;
  /** Finds the one copy of a word that all tokens share. */
  readonly share: (word: string) => string;
}

/** The member that is the word where the issuer's options name none (RFC 7643 §4.1.2). */
const DEFAULT_MEMBER = "value";

/** Make a place in a token readable. */
export function compileSource(source: ClaimSource): ReadableClaim {
  if (typeof source === "string") {
    return { name: source, read: (claims) => ownMember(claims, source) };
  }
  const path = [...source.path];
  return { name: path.join("."), read: (claims) => path.reduce<unknown>(ownMember, claims) };
}

/** Make a place that holds words readable. */
export function compileWords(source: ClaimSource): WordsClaim {
  const { name, read } = compileSource(source);
  const { member = DEFAULT_MEMBER, objectKeys = false } = typeof source === "string" ? {} : source;
  return { name, read, member, areKeys: objectKeys, share: createSharedWords() };
}

/** An issuer has few scopes and roles; what it has more of is kept with each token. */
const MAX_SHARED_WORDS = 256;

/**
 * Create what keeps one copy of each word. The same few words are in thousands of tokens: a call whose token was verified
 * before compares them with those of its policy, and must not fetch each from another place of memory.
 */
function createSharedWords(): (word: string) => string {
  const shared = new Map<string, string>();
  return (word) => {
    const found = shared.get(word);
    if (found === undefined && shared.size < MAX_SHARED_WORDS) {
      shared.set(word, word);
    }
    return found ?? word;
  };
}

/**
 * Find a member of an object that is its own: what every object inherits is no claim, and a list has no names.
 *
 * @param value anything that JSON can say
 */
export function ownMember(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name] // an object has string keys
    : undefined;
}
