import type { Envelope } from "./child.ts";

/** What a child can be asked, by name. */
export type Answers = Readonly<Record<string, (input: never) => unknown>>;

/** Answer the questions of the process that started this one, until it goes away. */
export function answerParent(answers: Answers): void {
  const send = (answer: Envelope): void => void process.send?.(answer);
  const reply = async ({ id, question, content }: Envelope): Promise<void> => {
    const answer = answers[question];
    if (answer === undefined) {
      throw new Error(`nobody answers ${question}`);
    }
    // Parent and child are files of one folder: the parent sends what the child asks for.
    send({ id, question, content: await answer(content as never) });
  };
  process.on("message", (asked: Envelope) => {
    reply(asked).catch((reason: unknown) => {
      const error = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
      send({ ...asked, content: undefined, error });
    });
  });
  process.once("disconnect", () => process.exit());
}
