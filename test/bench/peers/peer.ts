import type { Upstream } from '../upstream.ts'

/** Something that stands in front of the application and is measured. */
export interface Peer {
  readonly name: string
  /** What exactly is measured, for the report. */
  readonly description: string
  readonly url: string
  /** What requests call it, where that is not the address of `url`. */
  readonly host?: string
  /** Where its CPU time and memory are counted: this process and everything it started. */
  readonly pid: number
  /** Headers of a signed-in person's request. */
  readonly headers: readonly string[]
  /** False for a bare proxy, which names the person to the application whoever asks. */
  readonly authenticates: boolean
  stop(): Promise<void>
}

export type StartPeer = (upstream: Upstream) => Promise<Peer>
