import type { Interceptor } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { createErrorInterceptor } from "../../../server/src/connect/error-interceptor.ts";
import { describeUnary, planUnary } from "../../../server/src/connect/interceptor-scope.ts";

const method = NotesService.method.createNote;
const own: Interceptor = (next) => next;
const needless = describeUnary((next) => next, { appliesTo: () => false });
const needed = describeUnary((next) => next, { appliesTo: ({ name }) => name === "CreateNote" });

describe("the plan of a unary method", () => {
  it("leaves out only interceptors that say of themselves that they do nothing", () => {
    expect(planUnary([own, needless, needed], method)).toEqual({
      convertError: undefined,
      interceptors: [own, needed],
    });
    expect(planUnary([own, needed], NotesService.method.getNote).interceptors).toEqual([own]);
  });

  it("takes the conversion of errors out when it stands outside of all others", () => {
    const errors = createErrorInterceptor(() => undefined);
    const { convertError, interceptors } = planUnary([needless, errors, own], method);
    expect(convertError).toBeDefined();
    expect(interceptors).toEqual([own]);
  });

  it("leaves it where it is when somebody stands outside of it", () => {
    const errors = createErrorInterceptor(() => undefined);
    expect(planUnary([own, errors], method)).toEqual({
      convertError: undefined,
      interceptors: [own, errors],
    });
  });
});
