import { type CelInput, type CelMap, celMap } from "@bufbuild/cel";

/** Where the members of an object in a rule come from. */
export interface NamedSource {
  /** The names that there may be. Asked for only when a rule goes through all of them. */
  readonly names: () => readonly string[];
  /**
   * Find a value by its name; undefined: it is absent, which is an error in a rule.
   *
   * @throws UnreadableValue when it is there and is not what a rule can read
   */
  readonly read: (name: string) => CelInput | undefined;
  /** Check whether there is a value. Default: it can be read, or reading it throws. */
  readonly has?: (name: string) => boolean;
}

/**
 * A value that is there and cannot be read. It is thrown, not an error that `||` and `all` can pass over: whatever else the
 * rule says, it denies.
 */
export class UnreadableValue extends Error {
  override readonly name = "UnreadableValue";
}

/**
 * Reads a value when a rule first asks for it, and remembers it: a principal makes many calls. What is absent is not
 * remembered, because a rule may look for whatever name a message brings.
 */
class NamedValues implements ReadonlyMap<string, CelInput> {
  readonly #source: NamedSource;
  readonly #read = new Map<string, CelInput>();

  constructor(source: NamedSource) {
    this.#source = source;
  }

  get(name: unknown): CelInput | undefined {
    if (typeof name !== "string") {
      return undefined; // a rule may look for a number among names
    }
    const value = this.#read.get(name) ?? this.#source.read(name);
    if (value !== undefined) {
      this.#read.set(name, value);
    }
    return value;
  }

  has(name: unknown): boolean {
    if (typeof name !== "string") {
      return false;
    }
    if (this.#source.has !== undefined) {
      return this.#source.has(name);
    }
    try {
      return this.get(name) !== undefined;
    } catch {
      return true; // it is there: to ask for that must not throw
    }
  }

  get size(): number {
    return [...this.keys()].length;
  }

  *entries(): MapIterator<[string, CelInput]> {
    for (const name of this.keys()) {
      const value = this.get(name);
      if (value !== undefined) {
        yield [name, value];
      }
    }
  }

  *keys(): MapIterator<string> {
    for (const name of this.#source.names()) {
      if (this.has(name)) {
        yield name;
      }
    }
  }

  *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) {
      yield value;
    }
  }

  forEach(callback: (value: CelInput, name: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [name, value] of this.entries()) {
      callback(value, name, this);
    }
  }

  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries();
  }
}

/** Make an object of a rule, whose members are read when the rule names them. */
export function toNamedValues(source: NamedSource): CelMap {
  const values = new NamedValues(source);
  // That of the language reads the value, to see whether there is one.
  return Object.create(celMap(values), { has: { value: (name: unknown) => values.has(name) } });
}
