import { createChainCheck, type ChainCheck } from './chain-check.ts'
import { isStatementSealed, type Statement } from './export.ts'
import { readExport } from './read-export.ts'
import { createSealCheck } from './seal.ts'

export interface VerifyExportParts {
  readonly file: string
  /** Null where the keys of the gate are not at hand: then hashes alone are checked. */
  readonly keys: readonly Buffer[] | null
  readonly logged: ReadonlyMap<number, string>
  readonly onProgress: (done: number, total: number) => void
}

const checkStatement = (check: ChainCheck, statement: Statement, keys: readonly Buffer[] | null): void => {
  const { last, count } = check
  const expected = statement.last - statement.first + 1
  if (keys !== null && !isStatementSealed(keys, statement)) check.add({ kind: 'statement-unsealed', seq: 0 })
  if ((last?.seq ?? statement.first - 1) < statement.last) check.add({ kind: 'cut-off', seq: 0, ...last })
  else if (last?.hash !== statement.hash || count > expected) check.add({ kind: 'surplus', seq: statement.last })
}

/**
 * Checks an export by itself. A statement of its own says where it begins and ends; a file for spreadsheets has none, and
 * can be shortened at both ends by whoever has it.
 * @throws {ExportError} when the file is no export
 */
export const verifyExport = async (
  parts: VerifyExportParts,
): Promise<{ readonly check: ChainCheck; readonly hasStatement: boolean }> => {
  const { file, keys, logged, onProgress } = parts
  const seals = keys === null ? null : createSealCheck(keys)
  let statement: Statement | undefined
  let check: ChainCheck | undefined
  for await (const line of readExport(file)) {
    if ('statement' in line) {
      ;({ statement } = line)
      const { first, previous } = statement
      check = createChainCheck({ after: { seq: first - 1, hash: previous }, seals, logged })
      continue
    }
    check ??= createChainCheck({ after: line.before, seals, logged })
    check.take(line.link)
    if (check.count % 2_000 === 0) onProgress(check.count, (statement?.last ?? 0) - (statement?.first ?? 0) + 1)
  }
  check ??= createChainCheck({ after: undefined, seals, logged })
  if (statement !== undefined) checkStatement(check, statement, keys)
  return { check, hasStatement: statement !== undefined }
}
