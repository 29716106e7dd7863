import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hash as argon2Hash, parseOptions, verify as argon2Verify } from '@node-rs/argon2'
import { createPasswordHasher, isPasswordHash, PASSWORD_BYTES } from '../../src/accounts/password-hash.ts'

const hasher = createPasswordHasher()

/** Argon2 itself, and a record of what it was asked. */
const countingEngine = () => {
  const asked: string[] = []
  const engine = {
    hash: (...args: Parameters<typeof argon2Hash>) => argon2Hash(...args),
    verify: (...args: Parameters<typeof argon2Verify>) => {
      asked.push(String(args[0]))
      return argon2Verify(...args)
    },
  }
  return { engine, asked }
}

/** An engine whose answers the test gives when it likes. */
const heldEngine = () => {
  const pending: ((matches: boolean) => void)[] = []
  const engine = {
    hash: () => Promise.resolve(''),
    verify: () => new Promise<boolean>((answer) => pending.push(answer)),
  }
  return { engine, pending }
}

describe('password hash', () => {
  it('is Argon2id, salted, at no less than the costs of OWASP', async () => {
    const [one, two] = await Promise.all([hasher.hash('Muguet 2026'), hasher.hash('Muguet 2026')])
    assert.notEqual(one, two)
    assert.match(one, /^\$argon2id\$v=19\$/)
    const { memoryCost, timeCost } = parseOptions(one)
    assert.ok(memoryCost >= 19_456 && timeCost >= 2)
    assert.ok(isPasswordHash(one))
  })

  it('C-12: takes the password as typed: long ones, blanks at the ends, emoji, a different 73rd byte', async () => {
    const pairs = [
      ['a'.repeat(128), 'a'.repeat(127)],
      [' Muguet 2026 ', 'Muguet 2026'],
      ['Muguet🌼2026', 'Muguet🌻2026'],
      [`${'a'.repeat(72)}b`, `${'a'.repeat(72)}c`],
      ['a\0b', 'a\0c'],
      ['MUGUET', 'muguet'],
      ['é'.repeat(512), 'é'.repeat(511)],
    ] as const
    for (const [password, other] of pairs) {
      const hash = await hasher.hash(password)
      assert.equal(await hasher.verify(hash, password), true, password)
      assert.equal(await hasher.verify(hash, other), false, other)
    }
  })

  it('C-12: composed and decomposed accents are the same password; look-alikes are not', async () => {
    const hash = await hasher.hash('Clé-été')
    assert.equal(await hasher.verify(hash, 'Cle\u0301-e\u0301te\u0301'), true)
    assert.equal(await hasher.verify(await hasher.hash('Cle\u0301'), 'Clé'), true)
    assert.equal(await hasher.verify(await hasher.hash('ﬁn'), 'fin'), false)
  })

  it('C-15: refuses more than 1024 bytes without hashing, known or not', async () => {
    const { engine, asked } = countingEngine()
    const counting = createPasswordHasher({ engine })
    const hash = await counting.hash('a'.repeat(PASSWORD_BYTES))
    for (const long of ['a'.repeat(PASSWORD_BYTES + 1), 'é'.repeat(513), 'a'.repeat(1_048_576)]) {
      assert.equal(await counting.verify(hash, long), false)
      assert.equal(await counting.verify(null, long), false)
      await assert.rejects(counting.hash(long), RangeError)
    }
    assert.equal(asked.length, 0)
    assert.equal(await counting.verify(hash, 'a'.repeat(PASSWORD_BYTES)), true)
  })

  it('C-02: an unknown person, no password and a damaged hash each cost one hash of the same price', async () => {
    const { engine, asked } = countingEngine()
    const counting = createPasswordHasher({ engine })
    const real = await counting.hash('Muguet 2026')
    for (const hash of [real, null, '', 'not a hash', '$argon2id$v=19$m=4294967295,t=9,p=1$AAAA$BBBB']) {
      assert.equal(await counting.verify(hash, 'wrong'), false)
    }
    assert.equal(asked.length, 5)
    const price = parseOptions(real)
    for (const hash of asked) assert.deepEqual(parseOptions(hash), price)
  })

  it('C-02: nothing opens what has no hash, even if the engine said yes', async () => {
    const agreeable = createPasswordHasher({ engine: { hash: argon2Hash, verify: () => Promise.resolve(true) } })
    assert.equal(await agreeable.verify(null, 'anything'), false)
    assert.equal(await agreeable.verify('damaged', 'anything'), false)
    assert.equal(await agreeable.verify(await agreeable.hash('x'), 'anything'), true)
  })

  it('computes at most so many at once, in order, and refuses a flood with a fault', async () => {
    const { engine, pending } = heldEngine()
    const small = createPasswordHasher({ concurrency: 2, waiting: 3, engine })
    const done: number[] = []
    const checks = Array.from({ length: 5 }, (_, index) => small.verify(null, 'x').then(() => done.push(index)))
    await assert.rejects(small.verify(null, 'x'), { name: 'Fault', code: 'sign-in-busy' })
    assert.equal(pending.length, 2)
    for (let answered = 0; answered < 5; answered += 1) {
      pending[answered]?.(false)
      await Promise.race(checks.slice(answered))
      assert.ok(pending.length <= answered + 3)
    }
    await Promise.all(checks)
    assert.deepEqual(done, [0, 1, 2, 3, 4])
    const again = small.verify(null, 'x')
    pending.at(-1)?.(false)
    assert.equal(await again, false)
  })

  it('goes on after a computation that failed', async () => {
    let calls = 0
    const verify = () => ((calls += 1) === 1 ? Promise.reject(new Error('no memory')) : Promise.resolve(false))
    const single = createPasswordHasher({ concurrency: 1, engine: { hash: argon2Hash, verify } })
    await assert.rejects(single.verify(null, 'x'), /no memory/)
    assert.equal(await single.verify(null, 'x'), false)
  })
})
