/** Count how many pieces of memory are copied to others while it is not disposed of. */
export function watchCopies(): { readonly count: number } & Disposable {
  const { set } = Uint8Array.prototype;
  let count = 0;
  Uint8Array.prototype.set = function (this: Uint8Array, ...given: Parameters<typeof set>) {
    count += 1;
    set.apply(this, given);
  };
  return {
    get count(): number {
      return count;
    },
    [Symbol.dispose]: () => {
      Uint8Array.prototype.set = set;
    },
  };
}
