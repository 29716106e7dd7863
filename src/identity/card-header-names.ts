/**
 * The fields in which fronts hand over the certificate of a visitor: RFC 9440, those of our own samples, and those of other
 * gates. Whoever believes one of them believes whoever wrote it (K-01): they count at the card listener alone, from the
 * front that has shown who it is.
 */
export const CARD_HEADERS = [
  ...['Client-Cert', 'Client-Cert-Chain', 'X-Client-Cert', 'X-Client-Certificate', 'X-Client-Verify'],
  ...['X-Forwarded-Client-Cert', 'X-Forwarded-Tls-Client-Cert', 'X-Forwarded-Tls-Client-Cert-Info'],
  ...['X-ARR-ClientCert', 'X-Amzn-Mtls-Clientcert', 'X-Portillon-Front'],
] as const

/** Families: `X-SSL-Client-Cert`, `X-SSL-Client-Verify`, `SSL_CLIENT_S_DN` and so on. */
export const CARD_HEADER_FAMILIES = ['X-SSL-Client-', 'SSL-Client-', 'X-SSL-CERT', 'X-Amzn-Mtls-'] as const
