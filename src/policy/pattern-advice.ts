/** What to write instead of a path pattern that the schema has refused; undefined when nothing particular is known. */
export const patternAdvice = (pattern: string): string | undefined => {
  if (!pattern.startsWith('/')) return `begin it with a slash: /${pattern}`
  if (/[?#]/.test(pattern)) return 'leave the query out: it never counts'
  if (pattern.includes(';')) return 'leave path parameters out: they are cut before rules are asked'
  if (pattern.includes('%')) return 'write the character itself: rules are asked about the decoded path'
  if (pattern.includes('\\')) return 'write / for \\'
  if (/\/\.{1,2}(?:\/|$)/.test(pattern)) return 'write the path without . and ..: requests that hold them are refused'
  if (pattern.includes('//')) return 'write one slash: repeated ones are folded before rules are asked'
  if (pattern.includes('**')) return 'let ** stand alone between slashes, as in /dcc/**, or write * within a segment'
  return /\s/.test(pattern) ? 'remove the blank' : undefined
}
