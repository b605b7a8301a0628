import { useMutation, useQuery } from "@connectrpc/connect-query";
import { useSession } from "@countersign/sdk/react";
import type { ReactNode } from "react";
import { GreetService } from "../../gen/greet/v1/greet_pb.js";
import { describeError } from "./describe-error.ts";

/** What a user sees who is signed in. */
export function Greeter(): ReactNode {
  const { signOut } = useSession();
  const greeting = useQuery(GreetService.method.greet, { greeting: "Hello" });
  const announcement = useMutation(GreetService.method.announce);
  return (
    <>
      <p role="status">{greeting.error ? describeError(greeting.error) : greeting.data?.text}</p>
      <p>
        <button type="button" onClick={() => announcement.mutate({ text: "Lunch" })}>
          Announce lunch
        </button>{" "}
        <span role="status">
          {announcement.error ? describeError(announcement.error) : announcement.isSuccess && "Announced."}
        </span>
      </p>
      <p>
        <button type="button" onClick={() => void signOut()}>
          Sign out
        </button>
      </p>
    </>
  );
}
