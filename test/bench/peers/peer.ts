import type { Upstream } from '../upstream.ts'

/** Something that stands in front of the application and is measured. */
export interface Peer {
  readonly name: string
  /** What exactly is measured, for the report. */
  readonly description: string
  readonly url: string
  /** What requests call it, where that is not the address of `url`. */
  readonly host?: string
  /** Where its CPU time and memory are counted: these processes and everything they started. */
  readonly pids: readonly number[]
  /** Headers of a signed-in person's request. */
  readonly headers: readonly string[]
  /** False for a bare proxy, which names the person to the application whoever asks. */
  readonly authenticates: boolean
  /** Whether it also sends a signed statement. */
  readonly asserts: boolean
  readonly carriesWebSockets: boolean
  /** Commands that its Redis has been given so far. */
  readonly storeCommands?: () => Promise<number>
  stop(): Promise<void>
}

/** @param workers how many processes of each kind */
export type StartPeer = (upstream: Upstream, workers: number) => Promise<Peer>
