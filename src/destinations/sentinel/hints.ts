// What a colleague who knows Azure would say to check, for each way in which a test event was not taken.
import type { Reason } from '../../model/verdict.ts'

const APP = 'In Entra, under App registrations: is this application there, in the tenant that `tenant_id` names?'
const SECRET = [
  'Was the *value* of the client secret taken, and not its id? Entra shows the value once, right after it was made; the id looks like a GUID.',
  'Has it expired? App registrations, Certificates & secrets, shows until when it is good. The relay reads a secret from a file anew, so that a new one needs no restart.',
]
const SCOPE = [
  'National clouds need their own `scope` and `authority` together: https://monitor.azure.us/.default with https://login.microsoftonline.us, https://monitor.azure.cn/.default with https://login.chinacloudapi.cn.',
]
const ROLE = [
  'Give the application or identity the role *Monitoring Metrics Publisher* on the data collection rule itself (Access control (IAM) of the rule). Contributor and Owner do not include it.',
  'Was that just done? It takes up to 30 minutes to be known; the relay tries again by itself.',
  'Is `rule` the immutable id of the rule that has the role, and does `url` belong to it? With private link the endpoint must be reached through it.',
]
const AUTHORITY = [
  'What answered gives no tokens: compare `authority` with https://login.microsoftonline.com, and look at what stands between (a proxy, a login page).',
]
const IDENTITY = [
  'Has this machine an identity? Azure portal, the machine, Security, Identity. Of several that users assigned, `client_id` says which.',
]

const BY_CODE: Readonly<Record<string, readonly string[]>> = {
  oauth_invalid_client: [...SECRET, APP],
  oauth_unauthorized_client: [APP],
  oauth_invalid_request: [APP, ...SCOPE],
  oauth_invalid_scope: SCOPE,
  oauth_invalid_resource: SCOPE,
  oauth_invalid_grant: [...SCOPE, APP],
  oauth_http_404: [
    '`authority` is the address alone, such as https://login.microsoftonline.com: the relay adds the tenant and the path.',
  ],
  identity_http_400: IDENTITY,
  identity_http_401: IDENTITY,
  identity_http_403: IDENTITY,
  http_400: [
    'Does it name the stream? `stream` must stand in the streamDeclarations of the rule, and begin with Custom-.',
    'Else the rule could not read the event: compare the columns of its stream with those on the page of this destination.',
  ],
  http_401: ['The token is not for Azure Monitor.', ...SCOPE],
  http_403: ROLE,
  http_404: [
    '`rule` is the *immutable id* of the rule (dcr- and 32 digits, in its JSON view), not its name.',
    '`url` is the logs ingestion endpoint of this very rule, or of a data collection endpoint in its region.',
  ],
  http_429: [
    'The rule takes 2 GB and 12,000 requests a minute, from all senders together. The relay waits and loses nothing.',
  ],
  not_azure: [
    'Something answered, but not Azure: a proxy, a login page. Compare `curl -i` to `url` by hand: it answers 404 without a path.',
  ],
}

/** Entra's own numbers say more than the words of OAuth ("Microsoft Entra authentication and authorization error codes"). */
const BY_NUMBER: readonly (readonly [RegExp, readonly string[]])[] = [
  [/AADSTS7000215/, SECRET.slice(0, 1)],
  [/AADSTS7000222/, SECRET.slice(1)],
  [/AADSTS(700016|90002)/, [APP]],
  [/AADSTS(500011|70011|1002012)/, SCOPE],
]

export function hints({ code, text }: Reason): readonly string[] {
  const known = BY_NUMBER.find(([number]) => number.test(text))
  if (known) return known[1]
  if (text.includes('169.254.169.254'))
    return [
      'Is this a machine in Azure? Elsewhere there is no identity to be had: give a client secret instead.',
      ...IDENTITY,
    ]
  if (text.includes('no token was had')) return AUTHORITY
  return BY_CODE[code] ?? []
}
