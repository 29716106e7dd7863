import { open } from 'node:fs/promises'
import { HEAD_LINE } from './head-lines.ts'

const HASH = /^[\w-]{43}$/

const fromLog = (text: string): readonly [number, string] | undefined => {
  try {
    const { msg, seq, hash } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (msg === HEAD_LINE && typeof seq === 'number' && typeof hash === 'string') return [seq, hash]
  } catch {
    // A log may hold other lines than those of the gate.
  }
  return undefined
}

const fromNote = (text: string): readonly [number, string] | undefined => {
  const [, seq = '', hash = ''] = /^(\d{1,15}) ([\w-]{43})$/.exec(text.trim()) ?? []
  return HASH.test(hash) ? [Number(seq), hash] : undefined
}

/** Fits no event: the log contradicts itself, so that one of its two hashes is not the event's. */
const CONTRADICTION = ''

/**
 * What was written down elsewhere of the end of the chain: the log of the gate, or lines `PLACE HASH` as a verification shows
 * them. @throws what opening a file throws
 */
export const readHeads = async (file: string): Promise<ReadonlyMap<number, string>> => {
  const heads = new Map<number, string>()
  await using handle = await open(file)
  for await (const text of handle.readLines({ encoding: 'utf8' })) {
    const [seq, hash] = (text.startsWith('{') ? fromLog(text) : fromNote(text)) ?? []
    if (seq === undefined || hash === undefined) continue
    heads.set(seq, (heads.get(seq) ?? hash) === hash ? hash : CONTRADICTION)
  }
  return heads
}
