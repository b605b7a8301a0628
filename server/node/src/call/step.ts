/** Something that is done with a subject, and what is done next. */
export interface Step<Subject, Input, Output> {
  readonly take: (subject: Subject, input: Input) => Output | Promise<Output>;
  /** Goes on with what it comes to. Never throws. */
  readonly proceed: (subject: Subject, output: Output) => void;
  /** Goes on with what it throws, now or later. Never throws. */
  readonly fail: (subject: Subject, reason: unknown) => void;
}

/** Take a step, and go on with what it comes to: at once, unless that is a promise. Never throws. */
export function takeStep<Subject, Input, Output>(
  step: Step<Subject, Input, Output>,
  subject: Subject,
  input: Input,
): void {
  let output: Output | Promise<Output>;
  try {
    output = step.take(subject, input);
  } catch (reason) {
    step.fail(subject, reason);
    return;
  }
  if (output instanceof Promise) {
    output.then(
      (ready) => step.proceed(subject, ready),
      (reason: unknown) => step.fail(subject, reason),
    );
  } else {
    step.proceed(subject, output);
  }
}
