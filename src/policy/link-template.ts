/** What the signature of an existing link goes over, `{rpps}|{ts}`, taken apart. */
export interface LinkTemplate {
  /** Parameters, in the order in which their values stand there. */
  readonly names: readonly string[]
  /** What stands before, between and behind them: one more than there are names. */
  readonly texts: readonly string[]
}

export const readLinkTemplate = (over: string): LinkTemplate => {
  const parts = over.split(/\{([A-Za-z0-9_.:-]+)\}/)
  return { names: parts.filter((_part, at) => at % 2 === 1), texts: parts.filter((_part, at) => at % 2 === 0) }
}

/** What stands between two values. */
export const separatorsOf = ({ texts }: LinkTemplate): readonly string[] => texts.slice(1, -1)
