import type { DescMethod } from "@bufbuild/protobuf";
import { toMethodName } from "../authorize/policy-table.ts";
import type { Clock } from "../kernel/clock.ts";
import { createLineLimit } from "../kernel/line-limit.ts";

/** What {@link createSentHeaders} needs. */
export interface SentHeadersOptions {
  /** Receives one line a minute for each method. It must not throw: it is called in a microtask. */
  readonly onWarning: (message: string) => void;
  readonly clock: Clock;
}

/** Says of a response header that it has been sent: what is changed in it from now on, no client gets. */
export type OnHeaderSent = (header: Headers) => void;

type Mutator = "append" | "delete" | "set";

type Watched = Pick<Headers, Mutator>;

/**
 * Create what warns of handlers and interceptors that change the response header of a stream once it has been sent. All
 * streams of a method have one watch: most of them rest for hours, and each takes as little as it can.
 */
export function createSentHeaders({
  onWarning,
  clock,
}: SentHeadersOptions): (method: DescMethod) => OnHeaderSent {
  const limit = createLineLimit(clock);
  const watches = new Map<DescMethod, OnHeaderSent>();

  function createOnSent(method: string): OnHeaderSent {
    const watched = createWatched((names) => {
      if (limit(method) !== undefined) {
        onWarning(
          `${method} changes ${names.join(", ")} in the response header of a stream that has been sent: its client does ` +
            "not get that. The header leaves when the stream opens: set it before the first await",
        );
      }
    });
    return (header) => void Object.assign(header, watched);
  }

  return (method) => {
    const known = watches.get(method) ?? createOnSent(toMethodName(method));
    watches.set(method, known);
    return known;
  };
}

const MUTATORS: readonly Mutator[] = ["append", "delete", "set"];

/** Create what stands in for the methods of a header until one of them is called. */
function createWatched(onChange: (names: readonly string[]) => void): Watched {
  const watch = (mutator: Mutator) =>
    function (this: Headers, ...args: [name: string, value?: string]): void {
      for (const name of MUTATORS) {
        Reflect.deleteProperty(this, name);
      }
      const before = new Map(this);
      // Connect replaces a header field by field: only the outcome counts.
      queueMicrotask(() => {
        const names = listChanges(this, before);
        if (names.length > 0) {
          onChange(names);
        }
      });
      Reflect.apply(this[mutator], this, args);
    };
  return { append: watch("append"), delete: watch("delete"), set: watch("set") };
}

function listChanges(header: Headers, before: ReadonlyMap<string, string>): string[] {
  const names = new Set([...before.keys(), ...header.keys()]);
  return [...names].filter((name) => (header.get(name) ?? undefined) !== before.get(name));
}
