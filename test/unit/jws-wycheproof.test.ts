import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { JwsAlgorithm } from '../../src/identity/jws/algorithms.ts'
import { fixedKeySource } from '../../src/identity/jws/key-source.ts'
import { parseKeySet, secretKeySet } from '../../src/identity/jws/key-set.ts'
import { verifySignature, type VerifyOptions } from '../../src/identity/jws/verify.ts'
import { encode, jwksOf, makeIssuerKey, signToken } from '../kit/jws.ts'

/**
 * J-05 with signatures of others: the public Wycheproof vectors, when they lie beside the checkout, go through what of our
 * verifier stands before the claims (what they sign is no JSON). Those that are right must pass, so that the others have
 * something to fail.
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

const groups = (): readonly Group[] =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as { testGroups: readonly Group[] }).testGroups : []

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

describe('J-05: vectors of the Wycheproof project', () => {
  it('J-05: of 355 that are invalid none passes, under every algorithm that the kind of key allows; those that are valid do', async () => {
    const passed: string[] = []
    const stopped: string[] = []
    for (const group of groups()) {
      const options = optionsOf(group)
      // Two of the invalid ones are, letter for letter, one beside them that is valid: what was wrong was lost in the file.
      const right = new Set(group.tests.filter(({ result }) => result === 'valid').map(({ jws }) => jws))
      for (const { tcId, comment, jws, result } of group.tests) {
        const isPassed = (await outcome(jws, options)) === 'verified'
        const name = `${tcId} ${group.comment}: ${comment}`
        if (result === 'valid' && !isPassed && !STRICTER.test(comment)) stopped.push(name)
        if (result !== 'valid' && !right.has(jws) && isPassed) passed.push(name)
      }
    }
    assert.deepEqual(passed, [])
    assert.deepEqual(stopped, [])
  })

  it('J-05: of our own, one of each of these classes: none passes', async () => {
    const key = makeIssuerKey('RS256', 'rsa-1')
    const set = parseKeySet(jwksOf(key))
    assert.ok(set.ok)
    const options = { algorithms: ASYMMETRIC, keys: fixedKeySource(set.value), types: [null] }
    const honest = signToken(key, { sub: 'a' })
    assert.equal(await outcome(honest, options), 'verified')
    const [head = '', body = '', signature = ''] = honest.split('.')
    const flipped = Buffer.from(signature, 'base64url')
    flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0)
    const wrong = [
      `${head}.${body}.`,
      `${encode('{"alg":"none"}')}.${body}.`,
      `${encode('{"alg":"none"}')}.${body}.${signature}`,
      `${encode('{"alg":"PS256","kid":"rsa-1"}')}.${body}.${signature}`,
      `${encode('{"alg":"RS384","kid":"rsa-1"}')}.${body}.${signature}`,
      `${encode('{"alg":"ES256","kid":"rsa-1"}')}.${body}.${signature}`,
      `${head}.${body}.${flipped.toString('base64url')}`,
      `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`,
      `${head}.${encode('{"sub":"b"}')}.${signature}`,
      `${head}.${body}.${signature}=`,
      `${head}.${body}.${signature}.${signature}`,
      JSON.stringify({ protected: head, payload: body, signature }),
      JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] }),
    ]
    for (const jws of wrong) assert.notEqual(await outcome(jws, options), 'verified', jws.slice(0, 80))
  })
})
