import type { Language } from '../render/messages.ts'

/** Who is at the other end of a sign-in, as far as anybody can tell before it is proved. */
export interface Visitor {
  /** Trusted address, or undefined when a listed proxy sent something unreadable. */
  readonly address: string | undefined
  /** Browser and system in words, for mails and the list of sessions: « Firefox, Windows ». */
  readonly device: string
  readonly language: Language
  /** SHA-256 of the browser's identifier: attempts are tied to the browser that began them (S-02). */
  readonly browser: string
  /** What its browser shows of earlier sign-ins, as it came: `known-browsers` reads it. */
  readonly shown?: string | undefined
  /** What the pages and the audit trail quote. */
  readonly reference: string
}
