import { hash, verify } from '@node-rs/argon2'

/** What a hash costs: KiB of memory, passes over it, lanes. */
export interface HashCosts {
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
}

/** What computes hashes. Costs of a verification are those of the hash. */
export interface HashEngine {
  hash(password: Uint8Array, costs: HashCosts): Promise<string>
  verify(hash: string, password: Uint8Array): Promise<boolean>
}

/** On the threads that Node keeps for files and names: for commands, which do nothing else meanwhile. */
export const hashEngine: HashEngine = {
  hash: (password, costs) => hash(password, costs),
  verify: (text, password) => verify(text, password),
}
