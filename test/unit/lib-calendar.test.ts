import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addDays, addMonths, calendarDay, startOfDay } from '../../src/lib/calendar.ts'

describe('days in Paris', () => {
  it('begin at 23:00 UTC of the day before in winter and at 22:00 in summer, also on the days of the change', () => {
    const begins = (day: string) => new Date(startOfDay(day)).toISOString()
    assert.equal(begins('2026-01-15'), '2026-01-14T23:00:00.000Z')
    assert.equal(begins('2026-07-15'), '2026-07-14T22:00:00.000Z')
    assert.deepEqual(['2026-03-29', '2026-03-30', '2026-10-25', '2026-10-26'].map(begins), [
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ])
    assert.equal(calendarDay(startOfDay('2026-10-25')), '2026-10-25')
    assert.equal(calendarDay(startOfDay('2026-10-25') - 1), '2026-10-24')
  })

  it('are counted on and back by days and by months, which end earlier where they must', () => {
    assert.equal(addDays('2026-03-01', -1), '2026-02-28')
    assert.equal(addMonths('2026-01-15', -12), '2025-01-15')
    assert.equal(addMonths('2028-02-29', -12), '2027-02-28')
    assert.equal(addMonths('2026-12-31', 2), '2027-02-28')
    assert.equal(addMonths('2026-03-31', -1), '2026-02-28')
    assert.equal(addMonths('2026-01-31', 0), '2026-01-31')
  })
})
