import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encodeFrame } from '../../deploy/demo/websocket-frames.ts'
import { createFrameReader } from '../../src/gateway/websocket-end.ts'

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...chunks, bytes.subarray(at)].filter((chunk) => chunk.length > 0)
}

describe('the end of a frame of the application', () => {
  it('is known wherever the network cuts the stream, for lengths of all three spellings', () => {
    const length = fc.oneof(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536), fc.nat(300))
    const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(length, { maxLength: 6 }), sizes, (lengths, cuts) => {
        const frames = lengths.map((size) => encodeFrame(2, Buffer.alloc(size, 0x88)))
        const ends = new Set([0])
        for (const [at] of frames.entries()) ends.add(Buffer.concat(frames.slice(0, at + 1)).length)
        const reader = createFrameReader()
        let read = 0
        for (const chunk of cut(Buffer.concat(frames), cuts)) {
          reader.pass(chunk)
          read += chunk.length
          assert.equal(reader.isBetweenFrames(), ends.has(read), `after ${read} bytes`)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is known of a frame that is masked, as no server should send it', () => {
    const reader = createFrameReader()
    reader.pass(Buffer.from([0x82, 0x83, 1, 2, 3, 4, 9, 9]))
    assert.ok(!reader.isBetweenFrames())
    reader.pass(Buffer.from([9]))
    assert.ok(reader.isBetweenFrames())
  })
})
