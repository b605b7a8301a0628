import { useMutation, useQuery } from "@connectrpc/connect-query";
import { isReason } from "@countersign/sdk";
import type { ReactNode } from "react";
import { TodoService } from "../gen/todo/v1/todo_pb.js";
import { textOf } from "./text-of.ts";

const { listTodos, addTodo, clearTodos } = TodoService.method;

export function Todos(): ReactNode {
  const { data, error, refetch } = useQuery(listTodos);
  const add = useMutation(addTodo, { onSuccess: () => refetch() });
  const clear = useMutation(clearTodos, { onSuccess: () => refetch() });
  const problem = error ?? add.error ?? clear.error;
  return (
    <>
      <form action={(form) => add.mutate({ title: textOf(form, "title") })}>
        <label>
          To do <input name="title" required />
        </label>
        <button type="submit">Add</button>
      </form>
      <ul>
        {data?.titles.map((title) => (
          <li key={title}>{title}</li>
        ))}
      </ul>
      <button type="button" onClick={() => clear.mutate({})}>
        Clear the lists of all users
      </button>
      <p role="alert">{isReason(problem, "POLICY_DENIED") ? "Only admins may do that." : problem?.message}</p>
    </>
  );
}
