import { latin1, repeated } from './bytes.ts'

export interface Generated {
  /** Bytes in all. */
  readonly size: number
  readonly blocks: Iterable<Buffer>
}

const HEAD = '%PDF-1.4\n'

const escaped = (line: string): string =>
  latin1(line.replaceAll('’', "'"), () => '?').replace(/[()\\]/g, (character) => `\\${character}`)

const tenDigits = (offset: number): string => String(offset).padStart(10, '0')

/** The objects of a one-page document; `offset` is where the first of them stands in the file. */
const objectsAt = (lines: readonly string[], offset: number): string => {
  const content = `BT /F1 14 Tf 72 770 Td 20 TL ${lines.map((line) => `(${escaped(line)}) Tj T*`).join(' ')} ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ].map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`)
  let at = offset
  const entries = objects.map((object) => {
    const entry = `${tenDigits(at)} 00000 n \n`
    at += object.length
    return entry
  })
  const count = objects.length + 1
  return (
    `${objects.join('')}xref\n0 ${count}\n0000000000 65535 f \n${entries.join('')}` +
    `trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${tenDigits(at)}\n%%EOF\n`
  )
}

/** A document of one page that readers open, made as long as asked by a comment before its objects. */
export const generatePdf = (lines: readonly string[], size: number): Generated => {
  // Every offset is written with ten digits, so the objects are equally long wherever they stand.
  const padding = Math.max(0, size - HEAD.length - objectsAt(lines, 0).length)
  const tail = objectsAt(lines, HEAD.length + padding)
  const blocks = function* (): Generator<Buffer> {
    yield Buffer.from(HEAD, 'latin1')
    if (padding > 1) yield Buffer.from('%', 'latin1')
    yield* repeated('.', padding - 2)
    if (padding > 0) yield Buffer.from('\n', 'latin1')
    yield Buffer.from(tail, 'latin1')
  }
  return { size: HEAD.length + padding + tail.length, blocks: blocks() }
}
