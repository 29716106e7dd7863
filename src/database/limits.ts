/** How long a database may take, in milliseconds, and how many connections one process opens. */
export interface DatabaseLimits {
  /** Opening a connection, or waiting for a free one. */
  readonly connect: number
  /**
   * One statement. PostgreSQL is told; a second later the gate gives the connection up by itself. SQLite cannot be told: its
   * thread is given up, and nothing is asked of the file until that has ended.
   */
  readonly statement: number
  /** PostgreSQL connections of one process. */
  readonly connections: number
  /** SQLite: waiting for another process's lock. Other questions of this process wait behind, for as long as `connect`. */
  readonly lock: number
}

export const SERVING: DatabaseLimits = { connect: 3_000, statement: 5_000, connections: 10, lock: 2_000 }

/** PostgreSQL takes 100 connections unless it is told otherwise, and other nodes and people want some. */
const FOR_ALL_WORKERS = 40

/** The same for one of several processes on this machine, which share what one machine may open. */
export const servingAmong = (workers: number): DatabaseLimits => ({
  ...SERVING,
  connections: Math.max(2, Math.min(SERVING.connections, Math.floor(FOR_ALL_WORKERS / workers))),
})

/** A migration may rewrite a large table, and may wait for another process that is doing so: by trying again (migrate.ts). */
export const MIGRATING: DatabaseLimits = { connect: 10_000, statement: 600_000, connections: 1, lock: 0 }
