/** The environment of a process whose clock is wrong: whatever it asks for the time of day gets another. */
export function clockOffBy(ms: number): Readonly<Record<string, string>> {
  if (ms === 0) {
    return {};
  }
  const script = `
    const Real = Date;
    const now = () => Real.now() + ${ms};
    globalThis.Date = class extends Real {
      constructor(...args) { args.length === 0 ? super(now()) : super(...args); }
      static now() { return now(); }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}
