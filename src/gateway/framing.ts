/** Digits as everybody writes them; fifteen of them are exact in every reader's numbers. */
const LENGTH = /^(?:0|[1-9]\d{0,14})$/

/** Whether all readers take a Content-Length for the same number; the parser lets `05` pass (F-06, F-16). */
export const isPlainLength = (value: string): boolean => LENGTH.test(value)

/** Whether nothing is lost when the body is taken out of its coding; the parser lets `gzip, chunked` pass (F-04). */
export const isPlainCoding = (value: string): boolean => value === 'chunked' || value.toLowerCase() === 'chunked'
