/** The first descriptor that a service manager hands over: 0, 1 and 2 are the standard ones (sd_listen_fds(3)). */
const FIRST = 3

/**
 * The listening socket that systemd, or whoever speaks its protocol (podman, systemd-socket-activate), opened before this
 * process began: its queue goes on while one process ends and the next one starts. Null when there is none.
 * @throws {RangeError} when there are several: which of them visitors come to could only be guessed
 */
export const inheritedSocket = (
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | null => {
  const count = Number(environment['LISTEN_FDS'] ?? 0)
  // Variables that a parent process of ours was given, and passed on by inheritance, are not for us.
  if (Number(environment['LISTEN_PID']) !== pid || !Number.isInteger(count) || count < 1) return null
  if (count > 1) throw new RangeError(`${count} sockets were handed over, and the gate listens on one`)
  return FIRST
}
