/** Freeze a value that JSON can say, with all that is in it. It returns the value that it was given. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.freeze(value);
    for (const member of Object.values(value)) {
      if (typeof member === "object") {
        deepFreeze(member);
      }
    }
  }
  return value;
}
