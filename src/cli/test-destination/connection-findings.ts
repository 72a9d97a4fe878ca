// What to check when no answer came: names, connections, time-outs, TLS.
import type { Exchange, Facts, Finding, Here } from './facts.ts'

type Failure = NonNullable<Exchange['failure']>
type Told = Pick<Exchange, 'address' | 'host' | 'secure'>

/** The class by the code of the system or of OpenSSL; what is not here is told by its words. */
const CLASSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'name_unknown',
  EAI_AGAIN: 'name_server',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  EMFILE: 'too_many_files',
  ENFILE: 'too_many_files',
  ETIMEDOUT: 'timeout_connect',
  UND_ERR_CONNECT_TIMEOUT: 'timeout_connect',
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_not_yet_valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_host',
  HOSTNAME_MISMATCH: 'tls_wrong_host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls_on_plain_port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'tls_on_plain_port',
}

export function connectionFinding(exchange: Exchange, failure: Failure, facts: Facts, here: Here): Finding {
  const found = classOf(failure, exchange)
  return { class: found, checks: [...CHECKS[found](exchange, { ...here, facts, failure }), ...proxyCheck(found, here)] }
}

type Class = keyof typeof CHECKS

function classOf({ code, text }: Failure, { secure }: Told): Class {
  const known = CLASSES[code] as Class | undefined
  if (known) return known
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|VERSION_TOO_LOW/.test(code)) return 'tls_version'
  if (/HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE/.test(code)) return 'tls_refused'
  if (/^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|EPROTO|CERT_|CRL_|INVALID_|UNABLE_TO_)/.test(code)) return 'tls'
  if (code.startsWith('HPE_')) return 'not_http'
  if (/: no connection within/.test(text)) return 'timeout_connect'
  if (/: no answer within/.test(text)) return 'timeout_answer'
  if (/: no end of the answer within/.test(text)) return 'timeout_body'
  return secure ? 'cut_secure' : 'cut'
}

interface More extends Here {
  readonly facts: Facts
  readonly failure: Failure
}
type Check = (told: Told, more: More) => readonly string[]

const authority =
  "If the authority is your own company's: start the relay with NODE_EXTRA_CA_CERTS=/path/to/ca.pem (in the unit, too, not only in this shell)."
const showCertificate = ({ host, address }: Told): string =>
  `Look at what it presents: \`openssl s_client -connect ${address} -servername ${host} -showcerts </dev/null\`.`

const CHECKS = {
  name_unknown: ({ host }) => [
    `Nobody knows the name ${host}. A slip of the hand in \`url\`? Try \`getent hosts ${host}\` on this machine.`,
    "A name that only your company knows needs its name server (or its VPN) on this very machine; in a container, the container's.",
  ],
  name_server: ({ host }) => [
    `The name server does not answer, so it is not about ${host} yet: see /etc/resolv.conf and \`getent hosts ${host}\`.`,
    'In a container or right after boot the network may not be up. The relay itself waits and tries again.',
  ],
  refused: ({ address }) => [
    `The machine is there, but nothing listens at ${address}. Is the port right, and does the receiver run? (\`ss -ltn\` over there)`,
    'It may listen on its own loopback address only, or a firewall refuses for it.',
  ],
  unreachable: ({ address }) => [
    `There is no way from here to ${address}: a route, a VPN that is down, or a firewall on this machine (\`ip route get\`, \`nft list ruleset\`).`,
    'Under systemd, IPAddressDeny= and RestrictAddressFamilies= in the unit can do this, too.',
  ],
  too_many_files: () => ['This process may not open more files: `ulimit -n`, or LimitNOFILE= in the unit.'],
  timeout_connect: ({ address, secure }) => [
    `No word at all from ${address}: most often a firewall that drops silently. Ask for this machine's address to be let through.`,
    'Or the port is wrong, or the host is down. Compare with `curl -v --max-time 10` from this same machine and user.',
    ...(secure ? ['A port of plain HTTP can also be silent when it is spoken to in TLS: is https:// right?'] : []),
  ],
  timeout_answer: (_told, { facts }) => [
    `It took the request and said nothing for ${facts.timeoutMs / 1000} s: it is overloaded, or something before it cannot reach what is behind. Its own log should show the request.`,
    'The event may have arrived all the same: look for its id before you conclude anything.',
    'If it is only slow, raise `timeout` of this destination.',
  ],
  timeout_body: (_told, { facts }) => [
    `It began to answer and did not come to an end within ${facts.timeoutMs / 1000} s. A streaming endpoint, or a middlebox that lets bytes drip? Check the path of \`url\`.`,
    'The event may have arrived all the same: look for its id.',
  ],
  tls_expired: (told, { now }) => [
    'The certificate of the receiver (or one above it) has expired: whoever runs it has to renew it.',
    `Unless this machine's clock is wrong: it says ${new Date(now).toISOString()}.`,
    showCertificate(told),
  ],
  tls_not_yet_valid: (_told, { now }) => [
    `The certificate is not valid yet. Usually this machine's clock is wrong: it says ${new Date(now).toISOString()}.`,
  ],
  tls_self_signed: (told) => [
    'The receiver made its certificate itself. Best: give it one from an authority.',
    'Else fetch that certificate by a way that you trust and start the relay with NODE_EXTRA_CA_CERTS=/path/to/it.pem (in the unit, too).',
    showCertificate(told),
  ],
  tls_untrusted: (told) => [
    authority,
    'If it is a public one: the receiver forgets to send its intermediate certificate (browsers fetch it, programs do not), or a proxy that inspects TLS stands between.',
    showCertificate(told),
  ],
  tls_wrong_host: ({ host }, { failure }) => [
    `The certificate is ${failure.detail === '' ? 'for another name' : `for ${failure.detail}`}, and we asked for ${host}. Write in \`url\` a name that it is for.`,
    'An IP address in `url` only works when the certificate names that address. And behind a balancer, check that you reach the right one.',
  ],
  tls_version: () => [
    'The receiver only speaks a TLS that is too old: the relay wants 1.2 or newer, and that is not an option. It has to be updated, or put behind something that is.',
  ],
  tls_refused: () => [
    'The receiver broke the handshake off. Most often it wants a certificate from its client, and the relay presents none: switch that off for this address, or put a proxy of yours between that has one.',
    'Else the two have no cipher in common: is it very old, or very strictly set up?',
  ],
  tls_on_plain_port: ({ address }) => [
    `${address} does not speak TLS. If it is plain HTTP, write http:// in \`url\` (the events then travel unprotected); better, use its TLS port.`,
  ],
  tls: (told) => ['No secure connection came about; the code in brackets says why.', showCertificate(told)],
  not_http: ({ address, secure }) => [
    `Something answers at ${address}, but not with HTTP: another service listens there (syslog, SSH, a database?). Check the port.`,
    ...(secure ? [] : ['If it is an HTTPS port, write https:// in `url`.']),
  ],
  cut: ({ address }) => [
    `${address} closed the connection without a whole answer. If it is an HTTPS port, write https:// in \`url\`: that is what it usually does to plain HTTP.`,
    'Else the receiver crashed or restarts over this request, or a balancer has nobody behind it. Its own log should tell.',
  ],
  cut_secure: ({ address }) => [
    `${address} closed the connection without a whole answer. It may want a certificate from its client (the relay presents none), or a balancer has nobody behind it.`,
    "A firewall that inspects TLS and dislikes the name does that, too. The receiver's log tells whether the request came through.",
  ],
} as const satisfies Readonly<Record<string, Check>>

const outward = new Set(['name_unknown', 'name_server', 'refused', 'unreachable', 'timeout_connect'])

/** Programs that honour the variable make people think that the way is open. */
function proxyCheck(found: string, { proxy }: Here): readonly string[] {
  if (proxy === '' || !outward.has(found)) return []
  return [
    `${proxy} is set here, but the relay does not use a proxy: it connects directly. So curl may succeed where the relay cannot.`,
  ]
}
