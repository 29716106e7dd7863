import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createTurnDealer, withoutTurns } from '../../src/server/machine-turns.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

/** A worker that does a piece of work, however long, each time it is told to, and says when that begins and ends. */
const PROGRAM = `
import { createMachineTurns } from ${JSON.stringify(join(import.meta.dirname, '../../src/server/machine-turns.ts'))}
const inTurn = createMachineTurns(Number(process.argv[2]))
process.on('message', ({ work }) => {
  if (work === undefined) return
  void inTurn(async () => {
    process.send({ begun: work })
    await new Promise((resolve) => setTimeout(resolve, 40))
    process.send({ ended: work })
  })
})
process.send({ ready: true })
`

const folder = createTempFolder('machine-turns')
const file = join(folder.path, 'worker.ts')
writeFileSync(file, PROGRAM)
const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
  folder[Symbol.dispose]()
})

const startWorker = async (said: object[], patience = 10_000): Promise<ChildProcess> => {
  const child = fork(file, [String(patience)], { execArgv: [] })
  children.push(child)
  await once(child, 'message')
  child.on('message', (message: object) => {
    if ('begun' in message || 'ended' in message) said.push(message)
  })
  return child
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** The most pieces of work that were under way at the same time. */
const most = (said: readonly object[]): number => {
  let [now, top] = [0, 0]
  for (const message of said) {
    now += 'begun' in message ? 1 : -1
    top = Math.max(top, now)
  }
  return top
}
const endedOf = (said: readonly object[]): number => said.filter((message) => 'ended' in message).length

describe('turns that the processes of one machine share', () => {
  it('are never more than there are, and everybody has theirs in the end', async () => {
    const said: object[] = []
    const dealer = createTurnDealer(1)
    const [one, two] = await Promise.all([startWorker(said), startWorker(said)])
    dealer.serve(one)
    dealer.serve(two)
    for (let work = 0; work < 4; work += 1) {
      one.send({ work: `one ${work}` })
      two.send({ work: `two ${work}` })
    }
    await until(() => endedOf(said) === 8)
    assert.equal(most(said), 1)
  })

  it('come back from a worker that ends with one in its hands, and with others asked for', async () => {
    const said: object[] = []
    const dealer = createTurnDealer(1)
    const [one, two] = await Promise.all([startWorker(said), startWorker(said)])
    dealer.serve(one)
    dealer.serve(two)
    for (const work of ['a', 'b', 'c']) one.send({ work })
    await until(() => said.length > 0)
    two.send({ work: 'd' })
    one.kill('SIGKILL')
    await until(() => said.some((message) => 'ended' in message && message.ended === 'd'))
    assert.ok(!said.some((message) => 'begun' in message && message.begun === 'c'))
  })

  it('are not waited for without end: they spare others, and protect nothing', async () => {
    const said: object[] = []
    const lonely = await startWorker(said, 50)
    lonely.send({ work: 'x' })
    await until(() => endedOf(said) === 1)
  })

  it('are not needed by a process that is alone', async () => {
    assert.equal(await withoutTurns(() => Promise.resolve(7)), 7)
  })
})
