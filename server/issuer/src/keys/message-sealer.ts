/** Seals the messages between servers, so that only they can read and make them: see `createSealedMessages`. */
export interface MessageSealer {
  seal(content: unknown, purpose: string): { readonly message: string };
  /** @returns undefined when it is not genuine, too old, or was read before */
  open(message: string, purpose: string): { readonly content: unknown } | undefined;
  /** @returns undefined when it is not genuine, or too old */
  openRepeatable(message: string, purpose: string): { readonly content: unknown } | undefined;
}
