import { accept, refuse, type Result } from '../../lib/result.ts'
import { single } from '../raw-headers.ts'

/** The request that a proxy asks about, as the proxy names it; nothing of it is judged yet. */
export interface NamedRequest {
  readonly method: string
  readonly uri: string
  readonly host: string
  /** `https` or `http`, where the proxy says it. */
  readonly scheme: string | undefined
}

/** Why it is not clear which request is meant; for the log of whoever sets the proxy up. */
export type Unclear = 'no-request-named' | 'two-requests-named' | 'named-twice' | 'named-incompletely'

type Value = string | undefined | null

const isSaid = (value: Value): value is string => typeof value === 'string' && value !== ''

/** The header by which a proxy of nginx's kind says which request it asks about. */
export const ORIGINAL_URI = 'x-original-uri'

/**
 * Reads which request is meant. There are two ways of saying it:
 * - nginx auth_request: X-Original-URI, X-Original-Method, and the visitor's Host
 * - Traefik ForwardAuth, Caddy forward_auth: X-Forwarded-Uri, -Method, -Host and -Proto; Host may be the gate's own name
 *
 * Each value once, all of one way, none of the other: a visitor whose own headers came through beside the proxy's could
 * otherwise have one request judged and another served (R19, R20, H-11; GHSA-7x63-xv5r-3p2x).
 * @param raw names and values in turns, as received
 */
export const readNamedRequest = (raw: readonly string[]): Result<NamedRequest, Unclear> => {
  const original = { uri: single(raw, ORIGINAL_URI), method: single(raw, 'x-original-method') }
  const forwarded = { uri: single(raw, 'x-forwarded-uri'), method: single(raw, 'x-forwarded-method') }
  const isOriginal = original.uri !== undefined || original.method !== undefined
  const isForwarded = forwarded.uri !== undefined || forwarded.method !== undefined
  if (isOriginal && isForwarded) return refuse('two-requests-named')
  if (!isOriginal && !isForwarded) return refuse('no-request-named')
  const { uri, method } = isOriginal ? original : forwarded
  const host = single(raw, isOriginal ? 'host' : 'x-forwarded-host')
  const scheme = single(raw, 'x-forwarded-proto')
  if (uri === null || method === null || host === null || scheme === null) return refuse('named-twice')
  const isComplete = isSaid(uri) && isSaid(method) && isSaid(host) && (isOriginal || isSaid(scheme))
  return isComplete ? accept({ uri, method, host, scheme }) : refuse('named-incompletely')
}
