import { errors } from 'undici'
import { Fault, type ErrorCode } from '../lib/errors.ts'

/** What undici and Node say of bytes that are no answer. */
const isNoHttp = (error: NodeJS.ErrnoException): boolean =>
  error instanceof errors.HTTPParserError || error.code?.startsWith('HPE_') === true

/** What went wrong on the way to the application, as the visitor is told (U-01, U-05, U-06). */
export const upstreamFault = (error: NodeJS.ErrnoException): ErrorCode => {
  if (error instanceof Fault) return error.code
  switch (error.code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'upstream-timeout'
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return 'request-malformed'
    case 'UND_ERR_RESPONSE_EXCEEDED_MAX_SIZE':
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    case 'ERR_INVALID_CHAR':
      return 'upstream-invalid'
    default:
      return isNoHttp(error) ? 'upstream-invalid' : 'upstream-unreachable'
  }
}
