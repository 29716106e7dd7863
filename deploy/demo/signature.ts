import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a signature has to be, for a request to be believed (RFC 9421 §3.2.1: the verifier demands, the message only offers). */
export interface SignatureExpectations {
  readonly keyId: string
  readonly secret: string
  /** The plain identity headers that the application reads. */
  readonly headers: readonly string[]
}

/** A request as it came over the wire; what `IncomingMessage` is. */
export interface ReceivedMessage {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Names and values in turns. */
  readonly rawHeaders: readonly string[]
}

export type SignatureVerdict =
  | { readonly verified: true; readonly covered: readonly string[] }
  /** In French, for the page « Ce que le DCC a reçu ». */
  | { readonly verified: false; readonly reason: string }

export type VerifySignature = (message: ReceivedMessage) => SignatureVerdict

/** As much of RFC 8941 as the gate writes. Whatever else there is, is not the gate's, or not the gate's alone. */
const INPUT =
  /^portillon=(?<signed>\((?<items>"[^"\\]+"(?:;bs)?(?: "[^"\\]+"(?:;bs)?)*)\)(?<parameters>(?:;[a-z]+=(?:\d{1,12}|"[^"\\]*"))+))$/
const SIGNATURE = /^portillon=:(?<bytes>[A-Za-z0-9+/]{43}=):$/
const ALWAYS = ['@method', '@authority', '@request-target', 'x-portillon-assertion']
/** What two clocks may differ, and the longest life that is believed, in seconds. */
const SKEW = 5
const LONGEST = 120
/** More requests than that within two minutes are none of a demonstration's. */
const MOST_NONCES = 100_000

const valuesOf = ({ rawHeaders }: ReceivedMessage, name: string): string[] =>
  rawHeaders.filter((_value, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)

const wrapped = (value: string): string => `:${Buffer.from(value, 'latin1').toString('base64')}:`

/** The value of a component, or undefined for one that the message does not have. */
const componentOf = (message: ReceivedMessage, item: string): string | undefined => {
  const [, name = '', isWrapped] = /^"(.+)"(;bs)?$/.exec(item) ?? []
  if (name === '@method') return message.method
  if (name === '@request-target') return message.url
  if (name === '@authority')
    return valuesOf(message, 'host')[0]
      ?.toLowerCase()
      .replace(/:(?:80|443)$/, '')
  const values = valuesOf(message, name)
  if (values.length === 0 || name.startsWith('@')) return undefined
  return (isWrapped === undefined ? values : values.map(wrapped)).join(', ')
}

const parametersOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/;([a-z]+)=(?:"([^"]*)"|(\d+))/g)].map(([, name = '', word, digits]) => [
      name,
      word ?? digits ?? '',
    ]),
  )

/** Remembers what was seen until it has expired. A full memory forgets nothing: it refuses. */
const createNonces = () => {
  const seen = new Map<string, number>()
  return (nonce: string, expires: number, now: number): boolean => {
    if (nonce === '') return false
    for (const [known, until] of seen) {
      if (until >= now) break
      seen.delete(known)
    }
    if (seen.has(nonce) || seen.size >= MOST_NONCES) return false
    seen.set(nonce, expires + SKEW)
    return true
  }
}

const isRight = (secret: string, base: string, signature: string): boolean =>
  timingSafeEqual(createHmac('sha256', secret).update(base, 'latin1').digest(), Buffer.from(signature, 'base64'))

const refused = (reason: string): SignatureVerdict => ({ verified: false, reason })

interface Given {
  /** The list of components with its parameters, as it was signed. */
  readonly signed: string
  readonly covered: readonly string[]
  readonly parameters: ReadonlyMap<string, string>
  readonly signature: string
}

const readGiven = (message: ReceivedMessage): Given | undefined => {
  const { signed, items, parameters } = INPUT.exec(valuesOf(message, 'signature-input').join(', '))?.groups ?? {}
  const { bytes } = SIGNATURE.exec(valuesOf(message, 'signature').join(', '))?.groups ?? {}
  if (signed === undefined || items === undefined || parameters === undefined || bytes === undefined) return undefined
  return { signed, covered: items.split(' '), parameters: parametersOf(parameters), signature: bytes }
}

/** The text that was signed, or undefined when the message lacks something of it. */
const baseOf = (message: ReceivedMessage, { signed, covered }: Given): string | undefined => {
  const lines: string[] = []
  for (const item of covered) {
    const value = componentOf(message, item)
    if (value === undefined) return undefined
    lines.push(`${item}: ${value}`)
  }
  return [...lines, `"@signature-params": ${signed}`].join('\n')
}

/** @param at seconds since the epoch */
const isTimely = (parameters: Given['parameters'], at: number): boolean => {
  const [created, expires] = [Number(parameters.get('created')), Number(parameters.get('expires'))]
  return created <= at + SKEW && expires >= at - SKEW && expires - created <= LONGEST
}

/**
 * The check of the gate's signature over each request that an application has to make, and the whole of it: who it is, this
 * method, this address, now, once. Two fields of a name are joined before they are looked at, so that a second one is
 * refused (H-16, H-17).
 * @param now milliseconds since the epoch
 */
export const createSignatureVerifier = (expected: SignatureExpectations, now: () => number): VerifySignature => {
  const isNew = createNonces()
  const demanded = [...ALWAYS, ...expected.headers.map((name) => name.toLowerCase())]
  return (message) => {
    if (valuesOf(message, 'signature-input').length === 0) return refused('requête sans signature')
    const given = readGiven(message)
    if (given === undefined) return refused('signature de la requête illisible')
    const { parameters, signature } = given
    if (parameters.get('keyid') !== expected.keyId || parameters.get('tag') !== 'portillon')
      return refused('requête signée pour un autre ou avec une autre clé')
    if (parameters.get('alg') !== 'hmac-sha256') return refused('algorithme de signature non autorisé')
    const covered = given.covered.map((item) => item.replace(/^"|"(?:;bs)?$/g, ''))
    const uncovered = demanded.find((name) => !covered.includes(name))
    if (uncovered !== undefined) return refused(`« ${uncovered} » n’est pas signé`)
    const base = baseOf(message, given)
    if (base === undefined) return refused('un en-tête signé est absent')
    if (!isRight(expected.secret, base, signature)) return refused('signature de la requête incorrecte')
    const at = now() / 1_000
    if (!isTimely(parameters, at)) return refused('signature de la requête périmée')
    if (!isNew(parameters.get('nonce') ?? '', Number(parameters.get('expires')), at))
      return refused('requête déjà reçue')
    return { verified: true, covered }
  }
}
