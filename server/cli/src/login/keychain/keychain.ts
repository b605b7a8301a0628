/** Where the system keeps secrets of its user. Every function rejects with a sentence when the keychain does not answer. */
export interface Keychain {
  /** What the system calls it. */
  readonly title: string;
  /** Read a secret; undefined when there is none of this name. */
  readonly read: (name: string) => Promise<string | undefined>;
  /** Write a secret, which has letters and digits only. */
  readonly write: (name: string, secret: string) => Promise<void>;
  /** Remove a secret, if there is one. */
  readonly remove: (name: string) => Promise<void>;
}
