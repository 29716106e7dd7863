import type { StartPeer } from './peer.ts'
import { HOST } from '../installed-gate.ts'
import { startSignedInGate } from './signed-in-gate.ts'

/** The name by which targets speak of it. */
export const GATE = 'Portillon'

/** The gate itself, as it is without its front: the load comes to the listener behind it. */
export const startGate: StartPeer = async (upstream, workers) => {
  const gate = await startSignedInGate(upstream, workers, '192.0.2.1')
  return {
    name: GATE,
    description: 'portillon serve, sessions in Redis, one signed-in person, identity header and assertion',
    url: `http://127.0.0.1:${gate.port}`,
    host: HOST,
    pids: [gate.pid],
    headers: [`Cookie: ${gate.cookie}`],
    authenticates: true,
    asserts: true,
    carriesWebSockets: true,
    storeCommands: () => gate.storeCommands(),
    stop: () => gate.stop(),
  }
}
