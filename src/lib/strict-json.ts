import { accept, refuse, type Result } from './result.ts'

/** Why a text is not taken for JSON, or not for JSON that everybody reads alike. */
export type JsonRefusal = 'not-utf8' | 'not-json' | 'duplicate-name' | 'too-deep'

/** Deeper than anything that is signed for a gate; a deeper one costs readers their stack. */
const MAX_DEPTH = 16

const STRUCTURE = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g

/** Names of the object that is open at each depth; null for an array. */
type Open = { readonly names: Set<string>; isName: boolean } | null

/**
 * Walks a text that `JSON.parse` has accepted. Two readers of an object with one name twice may take different ones, so that
 * what was verified is not what is used (J-06).
 */
const findDoubt = (text: string): JsonRefusal | null => {
  const open: Open[] = []
  for (const [token] of text.matchAll(STRUCTURE)) {
    const here = open.at(-1) ?? null
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? { names: new Set(), isName: true } : null) > MAX_DEPTH) return 'too-deep'
    } else if (token === '}' || token === ']') open.pop()
    else if (here === null) continue
    else if (token === ',') here.isName = true
    else if (token === ':') here.isName = false
    else if (here.isName) {
      // Compared as read: "\u0061ud" is "aud".
      const name = JSON.parse(token) as string
      if (here.names.has(name)) return 'duplicate-name'
      here.names.add(name)
    }
  }
  return null
}

const decode = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Reads JSON that has one meaning: valid UTF-8, no name twice in one object, not deeper than 16. */
export const parseStrictJson = (given: Uint8Array | string): Result<unknown, JsonRefusal> => {
  const text = typeof given === 'string' ? given : decode(given)
  if (text === null) return refuse('not-utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('not-json')
  }
  const doubt = findDoubt(text)
  return doubt === null ? accept(value) : refuse(doubt)
}

/** Whether a value read from JSON is an object, and no array and no null. */
export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
