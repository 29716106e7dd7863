/** A line that is written over itself, where there is somebody to see it. */
export const createProgress = (noun: string) => {
  const { stderr } = process
  const format = new Intl.NumberFormat('en')
  let width = 0
  return {
    show: (done: number, total: number): void => {
      if (!stderr.isTTY) return
      const share = total > 0 ? `${Math.floor((100 * done) / total)} %  ` : ''
      const of = total > 0 ? ` of ${format.format(total)}` : ''
      const text = `${share}${format.format(done)}${of} ${noun}`
      width = Math.max(width, text.length)
      stderr.write(`\r${text.padEnd(width)}`)
    },
    end: (): void => {
      if (width > 0) stderr.write(`\r${' '.repeat(width)}\r`)
    },
  }
}
