/** Characters as people count them: accents that are written apart do not take a column. */
const segments = new Intl.Segmenter()
const widthOf = (text: string): number => Array.from(segments.segment(text)).length

/** Rows as lines with aligned columns, two blanks between them; widths are those of what people see. */
export const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))))
  return rows.map((row) =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  )
}
