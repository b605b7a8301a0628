/** Makes true `Headers` when the first one asks for what it does not do itself. */
interface Lazy {
  readonly toHeaders: () => Headers;
}

/**
 * What classes extend that stand for `Headers`, and have a method `toHeaders` that makes them: all that such a class does
 * not do itself is looked up in those. `instanceof Headers` holds, without the cost of being born as one.
 */
export const LazyHeaders: new () => Headers = class {} as unknown as new () => Headers; // its prototype has all of them
Object.setPrototypeOf(
  LazyHeaders.prototype,
  new Proxy(Object.create(Headers.prototype), {
    get(_, name, lazy: Lazy) {
      const headers = lazy.toHeaders();
      const member: unknown = Reflect.get(headers, name);
      return typeof member === "function" ? member.bind(headers) : member;
    },
  }),
);
