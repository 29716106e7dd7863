/** How long browsers keep to https, seconds: a year (ASVS 3.4.1). For this host alone: others may live beside it on plain http. */
export const HSTS_SECONDS = 31_536_000
