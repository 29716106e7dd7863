import { Client, ResultCodeError } from 'ldapts'
import type { DirectorySettings } from '../../config/instance.ts'
import { Fault } from '../../lib/errors.ts'
import { reach } from './reach.ts'

export type Connect = () => Promise<DirectoryConnection>

/** One connection for one question: nothing that a person proved on it can serve the next one. */
export interface DirectoryConnection {
  readonly client: Client
  /** Becomes the service account, or nobody where there is none. @throws {Fault} when the directory does not agree */
  asService(): Promise<void>
  close(): void
}

/** What the directory's trouble is called in the log. Its own words can quote names, never a password. */
export const directoryFault = (source: string, thrown: unknown): Fault =>
  thrown instanceof Fault
    ? thrown
    : new Fault(
        'accounts-unavailable',
        `directory ${source}: ${thrown instanceof Error ? thrown.message : 'unknown'}`,
        {
          cause: thrown,
        },
      )

/** Reaches the server that answered last, else the others in their order. */
const createServers = ({ servers, ...settings }: DirectorySettings) => {
  let first = 0
  return async () => {
    let failure: unknown
    for (let step = 0; step < servers.length; step += 1) {
      const at = (first + step) % servers.length
      try {
        const socket = await reach(servers[at] ?? '', settings)
        first = at
        return socket
      } catch (thrown) {
        failure = thrown
      }
    }
    throw failure
  }
}

/** The client would open another connection, in clear, where this one is lost. */
const onlyOnce = <Value>(value: Value): (() => Value) => {
  let isGiven = false
  return () => {
    if (isGiven) throw new Error('the connection to the directory is lost')
    isGiven = true
    return value
  }
}

export const createConnect = (source: string, settings: DirectorySettings): Connect => {
  const reachOne = createServers(settings)
  const { 'bind-dn': dn, password } = settings
  return async () => {
    const socket = await reachOne().catch((thrown: unknown) => {
      throw directoryFault(source, thrown)
    })
    const client = new Client({
      url: 'ldap://directory',
      timeout: settings.answer,
      createConnection: onlyOnce(socket),
    })
    return {
      client,
      asService: async () => {
        if (dn === undefined || password === undefined) return
        try {
          await client.bind(dn, password)
        } catch (thrown) {
          const isRefused = thrown instanceof ResultCodeError && thrown.code === 49
          throw isRefused
            ? new Fault(
                'accounts-unavailable',
                `directory ${source}: it refuses the service account (bind-dn, password)`,
              )
            : directoryFault(source, thrown)
        }
      },
      close: () => {
        const end = () => socket.destroy()
        client.unbind().then(end, end)
      },
    }
  }
}
