import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { JwsAlgorithm } from '../../src/identity/jws/algorithms.ts'
import { fixedKeySource } from '../../src/identity/jws/key-source.ts'
import { parseKeySet, secretKeySet } from '../../src/identity/jws/key-set.ts'
import { verifySignature, type VerifyOptions } from '../../src/identity/jws/verify.ts'
import { encode, jwksOf, makeIssuerKey, signToken } from '../kit/jws.ts'

/**
 * J-05 with signatures of others: vectors of our own and, when they lie beside the checkout, the public ones of Wycheproof go
 * through what of our verifier stands before the claims (what they sign is no JSON). Those that are right must pass, so that
 * the others have something to fail. The name of a test says which vectors it has had.
 */

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws: string | object
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface Group {
  readonly comment: string
  readonly public?: Readonly<Record<string, unknown>>
  readonly private?: Readonly<Record<string, unknown>>
  readonly tests: readonly Vector[]
}

const FILE = new URL('../../../shared/data/wycheproof-json_web_signature_test.json', import.meta.url)
const ASYMMETRIC: readonly JwsAlgorithm[] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
]

const published = (): readonly Group[] =>
  (JSON.parse(readFileSync(FILE, 'utf8')) as { testGroups: readonly Group[] }).testGroups

/**
 * Right by the book, and refused here on purpose: nothing signed, characters that are none of base64url, and keys of an
 * example that name no algorithm of their own kind.
 */
const STRICTER = /^(?:emptyPayload|InvalidCharacterInserted\w+|Figure2[07])$/

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The keys of a group as an issuer has them: a public key, or a secret where HMAC is agreed upon. */
const optionsOf = ({ public: key, private: secret }: Group): VerifyOptions | null => {
  const types = [null, 'jwt', 'jose']
  if (secret?.['kty'] === 'oct') {
    const keys = secretKeySet(Buffer.from(textOf(secret['k']), 'base64url'), textOf(secret['kid']))
    return { algorithms: ['HS256', 'HS512'], keys: fixedKeySource(keys), types }
  }
  const parsed = parseKeySet(JSON.stringify({ keys: [key] }))
  return parsed.ok ? { algorithms: ASYMMETRIC, keys: fixedKeySource(parsed.value), types } : null
}

const outcome = async (jws: Vector['jws'], options: VerifyOptions | null): Promise<string> => {
  if (typeof jws !== 'string') return 'not-compact'
  if (options === null) return 'no-usable-key'
  const verified = await verifySignature(jws, options)
  return verified.ok ? 'verified' : verified.reason
}

/** One of each class, as the file has them, of a key of our own. */
const own = (): readonly Group[] => {
  const key = makeIssuerKey('RS256', 'rsa-1')
  const [jwk] = (JSON.parse(jwksOf(key)) as { keys: readonly Readonly<Record<string, unknown>>[] }).keys
  const honest = signToken(key, { sub: 'a' })
  const [head = '', body = '', signature = ''] = honest.split('.')
  const flipped = Buffer.from(signature, 'base64url')
  flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0)
  const wrong: readonly (readonly [comment: string, jws: string])[] = [
    ['no signature', `${head}.${body}.`],
    ['none', `${encode('{"alg":"none"}')}.${body}.`],
    ['none, with a signature', `${encode('{"alg":"none"}')}.${body}.${signature}`],
    ['another padding', `${encode('{"alg":"PS256","kid":"rsa-1"}')}.${body}.${signature}`],
    ['another hash', `${encode('{"alg":"RS384","kid":"rsa-1"}')}.${body}.${signature}`],
    ['another kind of key', `${encode('{"alg":"ES256","kid":"rsa-1"}')}.${body}.${signature}`],
    ['a bit of the signature', `${head}.${body}.${flipped.toString('base64url')}`],
    ['zeroes', `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`],
    ['another body', `${head}.${encode('{"sub":"b"}')}.${signature}`],
    ['padding of base64', `${head}.${body}.${signature}=`],
    ['a part too many', `${head}.${body}.${signature}.${signature}`],
    ['flattened', JSON.stringify({ protected: head, payload: body, signature })],
    ['general', JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] })],
  ]
  const tests = wrong.map(([comment, jws], at) => ({ tcId: at + 2, comment, jws, result: 'invalid' as const }))
  const right = { tcId: 1, comment: 'honest', jws: honest, result: 'valid' as const }
  return [{ comment: 'our own', ...(jwk === undefined ? {} : { public: jwk }), tests: [right, ...tests] }]
}

interface Source {
  readonly name: string
  readonly groups: () => readonly Group[]
  /** So many there are: none is left out unseen. */
  readonly count: { readonly invalid: number; readonly valid: number }
}

const SOURCES: readonly Source[] = [
  { name: 'vectors of our own, one of each class', groups: own, count: { invalid: 13, valid: 1 } },
  ...(existsSync(FILE)
    ? [{ name: 'the public vectors of the Wycheproof project', groups: published, count: { invalid: 355, valid: 46 } }]
    : []),
]

describe('J-05: signatures of others', () => {
  for (const { name, groups, count } of SOURCES)
    it(`J-05: ${name}: of ${count.invalid} that are invalid none passes, under every algorithm that the kind of key allows; those that are valid do`, async () => {
      const passed: string[] = []
      const stopped: string[] = []
      const seen = { invalid: 0, valid: 0 }
      for (const group of groups()) {
        const options = optionsOf(group)
        // Two of the invalid ones are, letter for letter, one beside them that is valid: what was wrong was lost in the file.
        const right = new Set(group.tests.filter(({ result }) => result === 'valid').map(({ jws }) => jws))
        for (const { tcId, comment, jws, result } of group.tests) {
          const isPassed = (await outcome(jws, options)) === 'verified'
          const vector = `${tcId} ${group.comment}: ${comment}`
          seen[result === 'valid' ? 'valid' : 'invalid'] += 1
          if (result === 'valid' && !isPassed && !STRICTER.test(comment)) stopped.push(vector)
          if (result !== 'valid' && !right.has(jws) && isPassed) passed.push(vector)
        }
      }
      assert.deepEqual(passed, [])
      assert.deepEqual(stopped, [])
      assert.deepEqual(seen, count)
    })
})
