import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CARD_HOST, type CardInBrowser } from './card-gate.ts'

export interface OpensslOptions {
  readonly port: number
  readonly version: 'tls1_2' | 'tls1_3'
  /** Where the files of this client lie. */
  readonly folder: string
  readonly card?: CardInBrowser | null
  /** File with a session of before that is to be taken up again, and where that of now is kept; a server may give none to keep. */
  readonly resumes?: string
  readonly keeps?: string
}

export interface OpensslAnswer {
  /** Whether the session of before was taken up again. */
  readonly isResumed: boolean
  /** Whether the server asked for a certificate. */
  readonly wasAsked: boolean
  readonly status: number
  readonly location: string | undefined
}

/** One handshake and one request by `openssl s_client`, which shares nothing with the TLS of Node. */
export const askByOpenssl = (path: string, options: OpensslOptions): Promise<OpensslAnswer> =>
  new Promise((resolve, reject) => {
    const { port, version, folder, card = null, resumes, keeps } = options
    const files: string[] = []
    if (card !== null) {
      const name = join(folder, `card-${process.hrtime.bigint()}.pem`)
      writeFileSync(name, card.cert + card.key, { mode: 0o600 })
      files.push('-cert', name, '-key', name)
    }
    const sessions = [
      ...(resumes !== undefined && existsSync(resumes) ? ['-sess_in', resumes] : []),
      ...(keeps === undefined ? [] : ['-sess_out', keeps]),
    ]
    const to = ['-connect', `127.0.0.1:${port}`, '-servername', CARD_HOST, `-${version}`]
    const child = spawn('openssl', ['s_client', ...to, '-ign_eof', ...files, ...sessions])
    let said = ''
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => (said += chunk))
    child.on('error', reject)
    child.on('close', () => {
      resolve({
        isResumed: /^Reused, /m.test(said),
        wasAsked: /Acceptable client certificate CA names|Client Certificate Types/.test(said),
        status: Number(/^HTTP\/1\.1 (\d+)/m.exec(said)?.[1] ?? 0),
        location: /^location: (\S+)/im.exec(said)?.[1],
      })
    })
    child.stdin.end(`GET ${path} HTTP/1.1\r\nHost: ${CARD_HOST}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`)
  })
