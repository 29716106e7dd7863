import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDamper } from '../../src/audit/dampen.ts'
import type { AuditEvent } from '../../src/audit/events.ts'

const refused = (address: string, reference: string): AuditEvent => ({
  event: 'request.refused',
  site: 'onco-test',
  address,
  detail: 'cross-site',
  reference,
})

describe('events that strangers can cause as often as they like', () => {
  const listen = (options = {}) => {
    const together: AuditEvent[] = []
    return { together, damper: createDamper((event) => together.push(event), { free: 3, every: 20, ...options }) }
  }

  it('are recorded one by one at first, then counted, by what is alike', async () => {
    const { together, damper } = listen()
    const admitted = Array.from({ length: 8 }, (_, at) => damper.admit(refused('192.0.2.7', `R${at}`)))
    assert.deepEqual(admitted, [true, true, true, false, false, false, false, false])
    assert.ok(damper.admit(refused('192.0.2.8', 'OTHER')), 'another place is another kind')
    while (together.length === 0) await new Promise((soon) => setTimeout(soon, 5))
    assert.deepEqual(together, [{ ...refused('192.0.2.7', 'R7'), times: 5 }])
    assert.ok(damper.admit(refused('192.0.2.7', 'R8')), 'the next minute is another one')
    damper.close()
    assert.equal(together.length, 1)
  })

  it('of one subscriber’s many IPv6 addresses are alike', () => {
    const { damper } = listen()
    const admitted = ['1', '2', '3', '4'].map((end) => damper.admit(refused(`2001:db8::${end}`, 'R')))
    assert.deepEqual(admitted, [true, true, true, false])
    damper.close()
  })

  it('from everywhere at once fill no memory: beyond so many kinds they are told apart by name and site', () => {
    const { together, damper } = listen({ kinds: 5 })
    const admitted = Array.from({ length: 300 }, (_, at) => damper.admit(refused(`192.0.${at >> 8}.${at & 255}`, 'R')))
    assert.equal(admitted.filter(Boolean).length, 5 + 3)
    damper.close()
    assert.deepEqual(
      together.map(({ times }) => times),
      [292],
    )
  })

  it('never hold up what people do themselves', () => {
    const { damper } = listen()
    const started: AuditEvent = { event: 'session.started', address: '192.0.2.7' }
    assert.ok(Array.from({ length: 100 }, () => damper.admit(started)).every(Boolean))
    damper.close()
  })
})
