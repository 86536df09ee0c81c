import type { SqlDialect } from "../expression/mod.ts";

/** A value as it goes into a database or comes out of it. */
export type SqlValue = number | string | Uint8Array | null;

/** A column of a table that Panoptes makes. */
export interface TableColumn {
  readonly name: string;
  readonly kind: "number" | "integer" | "text" | "blob";
  /** The type in MySQL, where the kind alone does not say it. */
  readonly mysql?: string | undefined;
}

/** A table: its columns and the names of those that make up its primary key. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly key: readonly string[];
}

/**
 * One connection to a database: the little that stores need, batched and prepared, with parameters only. All names that come here
 * were checked before (`identifier`, the field registry).
 */
export interface SqlConnection {
  readonly dialect: SqlDialect;
  /** Runs a statement that gives no rows. */
  run(sql: string, params?: readonly SqlValue[]): Promise<void>;
  /** Runs a query and gives its rows. */
  all(sql: string, params?: readonly SqlValue[]): Promise<SqlValue[][]>;
  /** Columns of a table, `undefined` when there is none. */
  columns(table: string): Promise<readonly string[] | undefined>;
  /** Makes a table unless it is there. */
  create(shape: TableShape): Promise<void>;
  /**
   * The columns `want` of the rows whose columns `by` have one of the values `keys`, in any order; `only` are columns that have the
   * same value in all of them.
   */
  lookup(
    shape: TableShape,
    by: readonly string[],
    keys: readonly (readonly SqlValue[])[],
    want: readonly string[],
    only?: Readonly<Record<string, number>>,
  ): Promise<SqlValue[][]>;
  /**
   * Inserts rows, in place of those with the same primary key; a row may be used again when the next is asked for.
   *
   * @param fresh there are surely none with the same primary key
   */
  put(shape: TableShape, rows: Iterable<readonly SqlValue[]>, fresh?: boolean): Promise<void>;
  /** Deletes the rows whose columns `by` have one of the values `keys`. */
  remove(shape: TableShape, by: readonly string[], keys: readonly (readonly SqlValue[])[]): Promise<void>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  close(): Promise<void>;
}

/** A connection for readers, too. */
export interface SqlEngine extends SqlConnection {
  /** Runs a query and gives its rows in portions, in constant memory. */
  stream(sql: string, params?: readonly SqlValue[]): AsyncIterable<SqlValue[][]>;
}

/** A quoted name. */
export function quote(dialect: SqlDialect, name: string): string {
  return dialect === "mysql" ? `\`${name}\`` : `"${name}"`;
}

/** The column's type in a dialect. */
export function typeOf(dialect: SqlDialect, column: TableColumn): string {
  switch (dialect) {
    case "sqlite":
      return { number: "REAL", integer: "INTEGER", text: "TEXT", blob: "BLOB" }[column.kind];
    case "duckdb":
      return { number: "DOUBLE", integer: "BIGINT", text: "VARCHAR", blob: "BLOB" }[column.kind];
    case "mysql":
      return column.mysql ??
        { number: "DOUBLE", integer: "BIGINT", text: "VARCHAR(255)", blob: "MEDIUMBLOB" }[column.kind];
  }
}
