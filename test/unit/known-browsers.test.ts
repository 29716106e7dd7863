import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { systemRandom } from '../../src/lib/random.ts'
import { createKnownBrowsers } from '../../src/sign-in/known-browsers.ts'
import { createManualClock } from '../kit/clock.ts'

const PERSON = { realm: 'onco-test', login: 'c.exemple' }
const OTHER = { realm: 'onco-test', login: 'a.modele' }

const make = (secrets = [randomBytes(32)]) => {
  const clock = createManualClock()
  const key = { current: () => secrets[0] as Buffer, every: () => secrets }
  return { clock, secrets, known: createKnownBrowsers({ key, clock, random: systemRandom }) }
}

describe('C-05: a browser in which somebody has signed in before', () => {
  it('is recognised for that person alone, on that site alone, by the same identifier each time', () => {
    const { known } = make()
    const shown = known.remember(undefined, PERSON)
    const id = known.recognise(shown, PERSON)
    assert.match(id ?? '', /^[\w-]{24}$/)
    assert.equal(known.recognise(known.remember(shown, PERSON), PERSON), id)
    assert.equal(known.recognise(shown, OTHER), null)
    assert.equal(known.recognise(shown, { ...PERSON, realm: 'elsewhere' }), null)
  })

  it('may be that of a ward: the twelve who signed in last are known in it', () => {
    const { known } = make()
    const people = Array.from({ length: 14 }, (_, at) => ({ ...PERSON, login: `person-${at}` }))
    let shown: string | undefined
    for (const person of people) shown = known.remember(shown, person)
    assert.deepEqual(
      people.filter((person) => known.recognise(shown, person) === null).map(({ login }) => login),
      ['person-0', 'person-1'],
    )
    assert.ok((shown ?? '').length < 600, `${shown?.length} bytes`)
  })

  it('shows a mark that cannot be made up, moved to another browser, lengthened or read', () => {
    const { known } = make()
    const shown = known.remember(undefined, PERSON)
    const [id = '', entry = ''] = shown.split('.')
    const [until = '', mark = ''] = entry.split('~')
    const [otherId = ''] = known.remember(undefined, OTHER).split('.')
    const longer = (Number.parseInt(until, 36) + 1).toString(36)
    for (const forged of [
      `${otherId}.${entry}`,
      `${id}.${longer}~${mark}`,
      `${id}.${until}~${'A'.repeat(22)}`,
      `${id}.${until}~`,
      `${id}.${until}~${mark}x`,
      id,
      '',
      '.'.repeat(5_000),
      `${id}.${'x'.repeat(5_000)}`,
    ])
      assert.equal(known.recognise(forged, PERSON), null, forged.slice(0, 60))
    assert.equal(make().known.recognise(shown, PERSON), null, 'another gate has other keys')
    assert.ok(!Buffer.from(shown, 'base64url').toString('latin1').includes('exemple') && !shown.includes('exemple'))
  })

  it('is forgotten half a year after the last sign-in', () => {
    const { known, clock } = make()
    const shown = known.remember(undefined, PERSON)
    clock.advance(179 * 86_400_000)
    const renewed = known.remember(shown, PERSON)
    clock.advance(2 * 86_400_000)
    assert.equal(known.recognise(shown, PERSON), null)
    assert.notEqual(known.recognise(renewed, PERSON), null)
  })

  it('stays known when the key of the gate is changed', () => {
    const { known, secrets } = make()
    const shown = known.remember(undefined, PERSON)
    secrets.unshift(randomBytes(32))
    assert.notEqual(known.recognise(shown, PERSON), null)
    assert.notEqual(known.recognise(known.remember(shown, OTHER), PERSON), null)
  })
})
