import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { createHashThreads, hashesAtOnce } from '../../src/accounts/hash-threads.ts'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'

const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 }

/** How much each thread of this process gives way to others: field 19 of proc(5) stat. */
const niceOfThreads = (): number[] =>
  readdirSync('/proc/self/task').map((task) =>
    Number(
      readFileSync(`/proc/self/task/${task}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[16],
    ),
  )

describe('threads for hashes', () => {
  const threads = createHashThreads()
  after(() => threads.close())

  it('compute what the library computes, for passwords of any bytes', async () => {
    const password = Buffer.from('Zoé\0Œuvrard')
    const made = await threads.hash(password, CHEAP)
    assert.match(made, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
    assert.equal(await threads.verify(made, password), true)
    assert.equal(await threads.verify(made, Buffer.from('Zoé')), false)
    await assert.rejects(threads.verify('no hash', password), /a hash could not be computed/)
    assert.equal(await threads.verify(made, password), true, 'the thread goes on')
  })

  it('give way to whoever carries requests, and only they do', async () => {
    await threads.hash(Buffer.from('x'), CHEAP)
    const nice = niceOfThreads()
    assert.equal(nice.filter((value) => value === Math.min(19, (nice[0] ?? 0) + 5)).length, 1, nice.join(' '))
  })

  it('serve the hasher of the gate', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, engine: threads })
    const made = await hasher.hash('Une-phrase-de-passe')
    assert.deepEqual(
      await Promise.all([
        hasher.verify(made, 'Une-phrase-de-passe'),
        hasher.verify(made, 'autre'),
        hasher.verify(null, 'x'),
      ]),
      [true, false, false],
    )
    assert.deepEqual(hasher.figures(), { running: 0, waiting: 0, refused: 0 })
  })

  it('are as many as leave a core to the data path, and one at least in each process', () => {
    assert.deepEqual(
      [
        [1, 1],
        [1, 2],
        [2, 2],
        [1, 8],
        [8, 8],
        [4, 9],
      ].map(([processes = 0, cores]) => hashesAtOnce(processes, cores)),
      [1, 1, 1, 7, 1, 2],
    )
  })

  it('that end while they work are a fault, and another takes their place', async () => {
    const own = createHashThreads()
    const slow = own.hash(Buffer.from('x'), { memoryCost: 65_536, timeCost: 40, parallelism: 1 })
    const ended = assert.rejects(slow, /a thread for hashes ended/)
    await own.close()
    await ended
    assert.match(await own.hash(Buffer.from('x'), CHEAP), /^\$argon2id/)
    await own.close()
  })
})
