// What to check when an answer came that was no delivery: by its status, and by who seems to have given it.
import { durationText } from '../../telemetry/units.ts'
import type { Answer, Exchange, Finding, Here } from './facts.ts'

/** Signatures with a time stamp are commonly refused from here on. */
const skewMs = 120_000

type Check = (exchange: Exchange, answer: Answer) => readonly string[]

export function answerFinding(exchange: Exchange, answer: Answer, here: Here): Finding {
  const found = classOf(answer)
  const skew =
    found === 'unauthorized' || found === 'forbidden' || found === 'bad_request' ? skewCheck(answer, here) : []
  return { class: found, checks: [...CHECKS[found](exchange, answer), ...skew] }
}

type Class = keyof typeof CHECKS

const BY_STATUS: Readonly<Record<number, Class>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method',
  407: 'proxy_credentials',
  408: 'server_busy',
  410: 'gone',
  413: 'too_large',
  415: 'bad_request',
  422: 'bad_request',
  425: 'server_busy',
  429: 'rate_limited',
}

function classOf({ status, isPage, said }: Answer): Class {
  if (status >= 200 && status <= 299) return isPage ? 'web_page' : 'item_refused'
  if (status >= 300 && status <= 399) return 'redirect'
  if (
    status === 400 &&
    /HTTP request was sent to HTTPS|plain HTTP request|client sent an HTTP request to an HTTPS/i.test(said)
  )
    return 'plain_on_tls_port'
  if (status >= 502 && status <= 504 && isPage) return 'gateway'
  return BY_STATUS[status] ?? (status >= 500 ? 'server_error' : 'refused_other')
}

function by({ server }: Answer): string {
  return server === '' ? '' : ` (it calls itself ${server})`
}

const CHECKS = {
  web_page: ({ url }, answer) => [
    `That is a web page${by(answer)}, not the answer of a SIEM. The status alone would count as delivered, and the events would be gone: do not run it like this.`,
    `Does ${url} lead to the user interface, a login page or a captive portal? Take the address for sending events from the vendor's documentation; it usually has a path or a host of its own.`,
  ],
  item_refused: () => [
    "The request was taken, but the event in it was refused; the sentence above is the receiver's own. Often an index, a data stream or a field mapping does not fit.",
  ],
  redirect: ({ url }, { location }) => {
    if (location === '') return ['It redirects without saying where to. Check the path of `url`.']
    if (/log-?in|sign-?in|sso|saml|oauth|\bauth/i.test(location))
      return [
        `It sends us to a login: ${location}. That address is made for people; take the one for sending events, or give the credentials that it misses.`,
      ]
    const only = location.replace(/^https:/, 'http:') === url ? ' (the same in https)' : ''
    return [
      `It says that the receiver is at ${location}${only}. The relay follows no redirect: if you trust that address, write it as \`url\`.`,
    ]
  },
  plain_on_tls_port: ({ address }) => [`${address} is an HTTPS port: write https:// in \`url\`.`],
  gateway: (_exchange, answer) => [
    `Something between us and the receiver answers${by(answer)}: a balancer or a proxy that cannot reach what is behind it. The receiver itself has not seen the event.`,
    'Whoever runs it finds the reason in the log of that balancer. The relay itself waits and tries again.',
  ],
  bad_request: ({ url }) => [
    'It speaks HTTP, but does not take what we send. Is the kind of this destination the right one for this receiver?',
    `For a webhook: does it want one event per request, or an array (\`batch\`)? Does it understand \`gzip\`? Is ${url} the path for this format?`,
    'Where every event is refused like this, the relay holds them all instead of giving them up; but nothing arrives before it is repaired.',
  ],
  unauthorized: ({ credentials }) => [
    credentials.length === 0
      ? 'The request carried no credentials at all: no authorization header, no signature. Give this destination its token or secret.'
      : `It does not accept our credentials (sent in ${credentials.join(', ')}). Expired, revoked, or of another environment? Make a new one if you cannot tell.`,
    'A blank or a line end in the secret file does this as well (one line end at the end is taken off); so does the wrong scheme, such as Bearer where it wants another word.',
  ],
  forbidden: ({ credentials }, answer) => [
    credentials.length === 0
      ? 'The request carried no credentials at all, and this address wants some.'
      : 'It knows us, but we may not write there: see which rights, index or tenant the token has.',
    ...(answer.isPage
      ? [
          `It answers with a web page${by(answer)}: rather a firewall or a proxy than the receiver. Is this machine's address on its list?`,
        ]
      : ["Some receivers answer so to addresses that are not on their list: is this machine's among them?"]),
  ],
  not_found: ({ url }, answer) => [
    `There is something, but not at this path: check ${url} against the vendor's documentation, letter by letter (a doubled or missing part is usual).`,
    ...(answer.isPage
      ? [
          `It answers with a web page${by(answer)}: perhaps the right machine, but the port or path of its user interface.`,
        ]
      : []),
  ],
  method: ({ method }) => [
    `Nothing there takes a ${method}: a page for people, or a path that is one part too short. Check the path of \`url\`.`,
  ],
  proxy_credentials: (_exchange, answer) => [
    `A proxy stands between${by(answer)} and wants credentials of its own. The relay speaks to no proxy: let this machine pass it to this one host.`,
  ],
  gone: () => [
    'It says that this address was given up for good. Get the new one and write it as `url`; until then the relay keeps everything.',
  ],
  too_large: () => [
    'One small event is too large for it? Then its limit is set to next to nothing, or a proxy between has one: look there (client_max_body_size in nginx).',
    'For real events, lower `batch` or `max_bytes`; the relay also learns by itself.',
  ],
  rate_limited: (_exchange, { retryAfter }) => [
    `It works, but we (or all who use the same key) send too much${retryAfter === '' ? '' : `; it asks us to wait (Retry-After: ${retryAfter})`}. The relay slows down by itself and loses nothing.`,
    'Try again later. If it stays so, look at the quota of the key, and raise `batch` to need fewer requests.',
  ],
  server_busy: () => ['It asks to be tried again. Do so; if it stays so, its own log tells why.'],
  server_error: (_exchange, answer) => [
    `The fault is over there${by(answer)}: its own log around this time tells more. The relay waits and tries again, and loses nothing.`,
    'If it answers so to the test event only, say so to whoever runs it: an event should never be able to do that.',
  ],
  refused_other: () => [
    "It refuses, and says so in its own words above. Check the kind and the options of this destination against the vendor's documentation.",
  ],
} as const satisfies Readonly<Record<string, Check>>

function skewCheck({ dateMs }: Answer, { now }: Here): readonly string[] {
  const offMs = Math.abs(now - dateMs)
  if (Number.isNaN(dateMs) || offMs < skewMs) return []
  return [
    `Its clock and ours differ by ${durationText(offMs)}: signatures and tokens with a time in them are refused for that. Set the clock that is wrong.`,
  ]
}
