import { type Compilable, type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
import type { StoreDialect } from "./migrations/migration.ts";
import type { Schema } from "./schema.ts";

/** Stands for a value that is given each time. */
class Parameter {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

const toParameter = <T>(name: PropertyKey): RawBuilder<T> => sql<T>`${new Parameter(name)}`;

/** Names a value of the input. */
export type ParameterOf<Input> = <Name extends keyof Input>(name: Name) => RawBuilder<Input[Name]>;

/** Builds a statement whose values are parameters. */
export type StatementBuilder<Input, Row> = (
  db: Kysely<Schema>,
  parameter: ParameterOf<Input>,
  dialect: StoreDialect,
) => Compilable<Row>;

/** Runs a statement. @returns its rows */
export type CompiledStatement<Input, Row> = (
  db: Kysely<Schema>,
  dialect: StoreDialect,
  input: Input,
) => Promise<readonly Row[]>;

/**
 * Have a statement built and compiled once for each kind of database, not each time: for those that run most, which take
 * kysely longer than Postgres.
 */
export function compileOnce<Input, Row>(build: StatementBuilder<Input, Row>): CompiledStatement<Input, Row> {
  const compiled = new Map<StoreDialect, CompiledQuery<Row>>();
  return async (db, dialect, input) => {
    const query = compiled.get(dialect) ?? build(db, toParameter, dialect).compile();
    compiled.set(dialect, query);
    // What is compiled has the names of `input` only, as the types of `parameter` see to.
    const values = input as Readonly<Record<PropertyKey, unknown>>;
    const parameters = query.parameters.map((value) =>
      value instanceof Parameter ? values[value.name] : value,
    );
    return (await db.executeQuery<Row>({ ...query, parameters })).rows;
  };
}
