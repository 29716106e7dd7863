/** Exactly `size` bytes of `unit` repeated, in blocks, so that gigabytes cost no memory. */
export function* repeated(unit: string, size: number): Generator<Buffer> {
  const block = Buffer.from(unit.repeat(Math.max(1, Math.ceil(65_536 / unit.length))), 'latin1')
  for (let left = size; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block
}

/** ISO-8859-1 text; what it cannot write (œ, ’) is replaced by what `instead` gives. */
export const latin1 = (text: string, instead: (codePoint: number) => string): string =>
  text.replace(/[^\u0000-\u00ff]/gu, (character) => instead(character.codePointAt(0) ?? 0xfffd))
