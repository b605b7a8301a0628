import {
  MethodOptions_IdempotencyLevel as IdempotencyLevel,
  type MethodDescriptorProto,
} from "@bufbuild/protobuf/wkt";

/** A rule that was guessed, to be judged by a person. */
export interface Guess {
  /** Why, for the comment beside it. */
  readonly why: string;
  /** Of which the caller must have one; empty: every user may call. */
  readonly roles: readonly string[];
}

// No guess opens a method to strangers.
const GUESSES = {
  admin: { roles: ["admin"], why: "its name is one of administration" },
  signIn: { roles: [], why: "if its callers have no token yet, write ACCESS_PUBLIC" },
  read: { roles: [], why: "it reads, and every user may call it" },
  write: { roles: [], why: "it changes something, and every user may call it" },
} as const satisfies Readonly<Record<string, Guess>>;

const ADMIN_WORDS = new Set(
  "admin ban grant impersonate maintenance purge revoke role roles shutdown suspend unban wipe".split(" "),
);
const READ_WORDS = new Set(
  `check count describe download exists export fetch find get has is list lookup ping query read search stat stream
  subscribe validate watch`.split(/\s+/),
);
const SIGN_IN_NAMES =
  /^(?:sign ?(?:in|up)|log ?in|register|authenticate|refresh|(?:reset|forgot) password|verify email)\b/;

/** Guess who may call a method, by its name and by whether it says that it changes nothing. */
export function guessPolicy(service: string, { name, options }: MethodDescriptorProto): Guess {
  const words = toWords(name);
  if ([...toWords(service), ...words].some((word) => ADMIN_WORDS.has(word))) {
    return GUESSES.admin;
  }
  if (SIGN_IN_NAMES.test(words.join(" "))) {
    return GUESSES.signIn;
  }
  const isRead =
    options?.idempotencyLevel === IdempotencyLevel.NO_SIDE_EFFECTS ||
    READ_WORDS.has(words[words[0] === "batch" ? 1 : 0] ?? "");
  return isRead ? GUESSES.read : GUESSES.write;
}

/** The words of a name such as `GetURLOfUser`, in lower case. */
function toWords(name: string): readonly string[] {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g) ?? [];
  return words.map((word) => word.toLowerCase());
}
