import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";

/** A message as a handler gives it. */
export type Output = MessageInitShape<DescMessage>;

/** What a handler gives, one after the other. */
export type Outputs = AsyncIterator<Output>;

/** Let a handler know that nothing more is taken. What it throws then has no reader. */
export function giveBack(
  source: Outputs | undefined,
  close: (source: Outputs) => PromiseLike<unknown> | undefined,
): void {
  try {
    if (source !== undefined) {
      close(source)?.then(undefined, ignore);
    }
  } catch {
    // as above: a handler may throw instead of rejecting
  }
}

function ignore(): void {}
