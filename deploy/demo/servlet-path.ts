/**
 * The path by which this application chooses what to serve, read as Tomcat reads it: path parameters cut, decoded once,
 * repeated slashes folded, dot segments resolved. A gate in front must judge the same resource (P-01, P-02, P-05).
 * @returns `undefined` for what Tomcat answers with 400
 */
export const servletPath = (rawPath: string): string | undefined => {
  if (/%(2f|5c|00)|\\/i.test(rawPath)) return undefined
  let decoded: string
  try {
    decoded = decodeURIComponent(rawPath.replace(/;[^/]*/g, ''))
  } catch {
    return undefined
  }
  const kept: string[] = []
  const segments = decoded.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment === '..') {
      if (kept.pop() === undefined) return undefined
    } else if (segment !== '' && segment !== '.') {
      kept.push(segment)
      continue
    }
    if (isLast) kept.push('')
  }
  return `/${kept.join('/')}`
}
