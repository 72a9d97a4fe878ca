// Says whose fault it is that no answer was had. The only file that knows the error codes of Node, OpenSSL and undici.
import { HttpError } from './http.ts'

const BY_CODE: Readonly<Record<string, HttpError['kind']>> = {
  // EAI_AGAIN is a name server that cannot be asked at the moment: the network is down, not the name gone.
  ENOTFOUND: 'name',
  EAI_AGAIN: 'connect',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  EHOSTDOWN: 'connect',
  ENETDOWN: 'connect',
  EADDRNOTAVAIL: 'connect',
  EACCES: 'connect',
  EPERM: 'connect',
  EMFILE: 'connect',
  ENFILE: 'connect',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  EPROTO: 'tls',
  UND_ERR_PRX_TLS: 'tls',
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name has no address',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  ETIMEDOUT: 'no connection in time',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an authority that this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate comes from an authority that this machine does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate comes from an authority that this machine does not trust',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
}

const CERTIFICATE =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CRL_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/

/** The `HttpError` for what undici gave. `origin` names the receiver; path and query are left out, for they may hold secrets. */
export function httpErrorOf(error: unknown, origin: string): HttpError {
  if (error instanceof HttpError) return error
  const code = codeOf(error)
  const refused = proxyAnswer(error)
  if (refused !== undefined)
    return new HttpError('proxy', `${origin}: the proxy answered ${refused} when asked for a way there`)
  const kind = BY_CODE[code] ?? (CERTIFICATE.test(code) ? 'tls' : 'broken')
  const words =
    WORDS[code] ??
    (kind === 'tls'
      ? 'no secure connection'
      : code.startsWith('HPE_')
        ? 'the answer is not HTTP'
        : 'the exchange failed')
  const message = `${origin}: ${words}${code === '' ? '' : ` [${code}]`}`
  // A parser's error carries a piece of the answer, which may echo a secret.
  return new HttpError(kind, message, code.startsWith('HPE_') ? {} : { cause: error })
}

/** undici says it in words alone. */
function proxyAnswer(error: unknown): string | undefined {
  return error instanceof Error ? /^Proxy response \((\d+)\)/.exec(error.message)?.[1] : undefined
}

/** Where every address of a name failed, the reason of the first stands for all. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  // undici leaves its code out when the very first bytes are wrong.
  if (error.name === 'HTTPParserError') return 'HPE_INVALID'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof AggregateError ? codeOf(error.errors[0]) : ''
}
