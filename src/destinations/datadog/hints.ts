// What a colleague who knows Datadog would say to check, for each way in which a test event was not taken.
import type { Reason } from '../../model/verdict.ts'
import { SITES } from './sites.ts'

const SITE = `\`site\` is the address of your organization's pages without \`app.\` before it. Known are ${SITES.join(', ')}.`
const ELSEWHERE = [
  'That was no intake for logs. With `url` give scheme and host alone: the relay adds /api/v2/logs.',
  'A proxy or a login page may have answered in its place.',
]
const OLD = [
  'Datadog drops what is dated more than 18 h ago. `old_events: send` sends it, dated at its arrival, with its own time in `original_time`.',
]

const BY_CODE: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    http_401: ['The key was lost on the way: a proxy or a gateway takes the header DD-API-KEY away.'],
    http_403: [
      `The key and the site must belong together: a valid key of another site gets this answer, too. ${SITE}`,
      'It must be an API key (Organization Settings, API Keys), not an application key, and not revoked.',
      'An IP allowlist of the organization, or a firewall between, answers so as well.',
    ],
    http_404: ELSEWHERE,
    http_405: ELSEWHERE,
    not_datadog: ELSEWHERE,
    name: [SITE, 'Does this machine find names of the internet at all, or does it need `proxy`?'],
    too_old: OLD,
    too_large: ['An entry may have 1 MB. Leave out what is large at its source, or with `redact`.'],
  }),
)

export function hints({ code }: Reason): readonly string[] {
  return BY_CODE.get(code) ?? []
}
