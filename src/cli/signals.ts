/** Resolves once the process is asked to end: Ctrl-C, a service manager, or the terminal that went away. */
export const untilStopped = (
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'],
): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of signals) process.once(signal, resolve)
  })
