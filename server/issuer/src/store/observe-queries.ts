import type { StoreQuery } from "@countersign/server";
import { type LogEvent, type Logger, type OperationNode, type RootOperationNode, TableNode } from "kysely";

const TRANSACTION = /^(begin|commit|rollback)\b/i;

/** Make what kysely reports its queries to. Of a query it passes on what kind it is, never its text or its values. */
export function createQueryLog(onQuery: (query: StoreQuery) => void): Logger {
  return (event) => onQuery(toStoreQuery(event));
}

function toStoreQuery({ level, query, queryDurationMillis }: LogEvent): StoreQuery {
  return {
    ...toSubject(query.query, query.sql),
    result: level === "query" ? "answered" : "failed",
    microseconds: queryDurationMillis * 1_000,
  };
}

function toSubject(node: RootOperationNode, text: string): Pick<StoreQuery, "operation" | "table"> {
  switch (node.kind) {
    case "SelectQueryNode":
      return { operation: "select", table: tableOf(node.from?.froms) };
    case "InsertQueryNode":
      return { operation: "insert", table: tableOf([node.into]) };
    case "UpdateQueryNode":
      return { operation: "update", table: tableOf([node.table]) };
    case "DeleteQueryNode":
      return { operation: "delete", table: tableOf(node.from.froms) };
    default:
      return { operation: TRANSACTION.test(text) ? "transaction" : "other", table: undefined };
  }
}

function tableOf([node, ...others]: readonly (OperationNode | undefined)[] = []): string | undefined {
  return node !== undefined && others.length === 0 && TableNode.is(node)
    ? node.table.identifier.name
    : undefined;
}
