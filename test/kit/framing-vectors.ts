/**
 * Requests of which two readers see two ends (security.md, family F). The same ones are sent to the gate in front of a
 * recorder and in front of a real Tomcat, and to Tomcat without the gate.
 */
export interface FramingVector {
  readonly row: string
  readonly name: string
  readonly version?: '1.0'
  readonly headers: readonly string[]
  /** What follows the header section; a second request is sent behind it. */
  readonly body: string
}

const END = '0\r\n\r\n'
const HELLO = `5\r\nhello\r\n${END}`

/** @param second a request that hides in some of them, and stands behind all of them */
export const framingVectors = (second: string): readonly FramingVector[] => [
  ...(
    [
      ['CL.TE', ['Content-Length: 6', 'Transfer-Encoding: chunked'], `${END}G`],
      ['TE.CL', ['Transfer-Encoding: chunked', 'Content-Length: 4'], `5c\r\n${second}\r\n${END}`],
      ['zero length', ['Content-Length: 0', 'Transfer-Encoding: chunked'], `${END}${second}`],
      ['lower case', ['content-length: 5', 'transfer-encoding: chunked', 'connection: keep-alive'], END + second],
      ['odd case of the coding', ['Transfer-Encoding: Chunked', 'Content-Length: 5'], END + second],
      ['named away', ['Connection: Content-Length', 'Content-Length: 5', 'Transfer-Encoding: chunked'], END],
      [
        'the coding named away',
        ['Connection: Transfer-Encoding', 'Transfer-Encoding: chunked', 'Content-Length: 5'],
        END,
      ],
    ] as const
  ).map(([name, headers, body]) => ({ row: 'F-03', name, headers, body })),
  ...[
    ...['Transfer-Encoding: xchunked', 'Transfer-Encoding: identity', 'Transfer-Encoding: chunked, identity'],
    ...[
      'Transfer-Encoding: identity, chunked',
      'Transfer-Encoding: chunked, chunked',
      'Transfer-Encoding: gzip, chunked',
    ],
    ...['Transfer-Encoding: , chunked', 'Transfer-Encoding: chunked,', 'Transfer-Encoding: gzip', 'Transfer-Encoding:'],
    ...['Transfer-Encoding: chunked;a=b', 'Transfer-Encoding: \u000bchunked', 'Transfer-Encoding:\0chunked'],
    ...['Transfer-Encoding: "chunked"', 'Transfer-Encoding: chunk\ted', 'Transfer-Encoding: chunked\u000b'],
    ...['Transfer-Encoding : chunked', 'Transfer-Encoding\t: chunked', ' Transfer-Encoding: chunked'],
    ...[
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
      'Transfer-Encoding: gzip\r\ntransfer-encoding: chunked',
    ],
    ...['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'Transfer-Encoding:\r\n chunked'],
    ...['X: y\r\n Transfer-Encoding: chunked', 'Transfer-Encoding: chunked\n', 'Transfer\u0085-Encoding: chunked'],
  ].map((header) => ({ row: 'F-04', name: JSON.stringify(header), headers: [header], body: HELLO })),
  { row: 'F-05', name: 'chunks in HTTP/1.0', version: '1.0', headers: ['Transfer-Encoding: chunked'], body: HELLO },
  ...[
    ...['+5', '-0', '0x5', '05', '00', '005', '', '5, 5', '5, 6', '5,', '5 5', '5;', '1e1', '5.0', '\u000b5', '5\0'],
    ...[
      '5\r\nContent-Length: 5',
      '5\r\nContent-Length: 6',
      '18446744073709551616',
      '9007199254740993',
      '5\n',
      '\r\n 5',
    ],
  ].map((length) => ({
    row: 'F-06',
    name: JSON.stringify(length),
    headers: [`Content-Length: ${length}`],
    body: 'hello',
  })),
  ...[
    ...[
      '0x5\r\nhello\r\n',
      '+5\r\nhello\r\n',
      '-5\r\nhello\r\n',
      '_5\r\nhello\r\n',
      ' 5\r\nhello\r\n',
      '5 \r\nhello\r\n',
    ],
    ...['5\t\r\nhello\r\n', '5x\r\nhello\r\n', '5 \nhello\r\n', '5\nhello\r\n', '5\rhello\r\n', '5\r\r\nhello\r\n'],
    ...[
      '5\r\nhello\n',
      '5\r\nhello\r',
      '5\r\nhello',
      '5\r\nhello!\r\n',
      '11111111111111111\r\nhello\r\n',
      '\r\n',
      'g\r\n',
    ],
    ...[
      '5;a=\0b\r\nhello\r\n',
      '5;\r\nhello\r\n',
      '5;a="\r\n"\r\nhello\r\n',
      '5;\n\r\nhello\r\n',
      '5 ;a=b\r\nhello\r\n',
    ],
  ].map((chunk) => ({
    row: 'F-07',
    name: `the chunk ${JSON.stringify(chunk)}`,
    headers: ['Transfer-Encoding: chunked'],
    body: chunk + END,
  })),
  ...[
    '0\n\n',
    '0\r\n\n',
    '0\r\r\n',
    '0\n\r\n',
    '0 \r\n\r\n',
    '0\r\nX: a\n\r\n',
    '0\r\nX y: a\r\n\r\n',
    '0\r\nX: a\r\n b\r\n\r\n',
  ].map((end) => ({
    row: 'F-07',
    name: `the end ${JSON.stringify(end)}`,
    headers: ['Transfer-Encoding: chunked'],
    body: `5\r\nhello\r\n${end}`,
  })),
]
