/** What a page may say of a form without showing anything of it. */
export interface Measures {
  readonly fields: number
  readonly files: number
}

const MULTIPART = /^multipart\/form-data\b.*?;\s*boundary=(?:"(?<quoted>[^"]{1,70})"|(?<bare>[^\s;"]{1,70}))/i

/** More parts than a page has fields: beyond it nobody counts. */
const MOST = 10_000

const measureMultipart = (body: Buffer, boundary: string): Measures => {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  let fields = 0
  let files = 0
  for (let at = body.indexOf(delimiter); at !== -1 && fields < MOST; at = body.indexOf(delimiter, at)) {
    at += delimiter.length
    // The closing delimiter is followed by two hyphens, not by a line end.
    if (body[at] !== 0x0d) continue
    const end = body.indexOf('\r\n\r\n', at)
    const head = body.toString('latin1', at, end === -1 ? at : Math.min(end, at + 2_000))
    fields += 1
    if (/;\s*filename\*?="?[^";\r\n]/i.test(head)) files += 1
  }
  return { fields, files }
}

const count = (body: Buffer, separator: number): number => {
  let found = 0
  for (let at = body.indexOf(separator); at !== -1 && found < MOST; at = body.indexOf(separator, at + 1)) found += 1
  return found
}

/** How many fields a form has, and how many files are among them, by the three ways in which browsers write forms. */
export const measureForm = (type: string, body: Buffer): Measures => {
  const { quoted, bare } = MULTIPART.exec(type)?.groups ?? {}
  const boundary = quoted ?? bare
  if (boundary !== undefined) return measureMultipart(body, boundary)
  if (body.length === 0) return { fields: 0, files: 0 }
  if (/^text\/plain\b/i.test(type)) return { fields: count(body, 0x0a), files: 0 }
  return { fields: count(body, 0x26) + 1, files: 0 }
}
