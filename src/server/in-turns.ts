/**
 * Gives things to be done one after the other, each in a turn of the event loop of its own: Node tells of all slow visitors
 * at once, and while thousands of pages are made for them nobody else would be served (L-01).
 */
export const createInTurns = (): ((act: () => void) => void) => {
  const waiting: (() => void)[] = []
  const next = (): void => {
    const act = waiting.shift()
    if (waiting.length > 0) setImmediate(next)
    act?.()
  }
  return (act) => {
    waiting.push(act)
    if (waiting.length === 1) setImmediate(next)
  }
}
