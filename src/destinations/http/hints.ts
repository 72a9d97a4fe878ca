// What to check for each way in which a test event was not taken, where it has to do with how this destination is described.
import type { Reason } from '../../model/verdict.ts'

const DESCRIBED = [
  'The receiver cannot read what is sent to it: compare its documentation with `body` of this destination, which says how events stand in a request.',
]

const BY_CODE: Readonly<Record<string, readonly string[]>> = {
  unexpected_status: [
    'The receiver answered with a success, but not with the one that `success` names: a proxy, a login page or another service may have answered.',
    'The address must be the whole one, with its path; the page of this destination under docs/destinations/ shows it for each preset.',
    'If this answer does mean that the events were taken, say so: `success: { status: [...] }`.',
  ],
  unexpected_answer: [
    'The answer does not hold what `success` asks for. Read what it says above: many receivers answer 200 and say in the body that they failed.',
    'If this answer does mean that the events were taken, change `success`; if it means another thing, add a rule to `rules`.',
  ],
  http_400: DESCRIBED,
  http_415: ['`body.content_type` must be what the receiver expects.', ...DESCRIBED],
  http_422: DESCRIBED,
  http_401: [
    'The token or key is wrong, has run out, or stands in the wrong header: see `auth` (`header`, `prefix`).',
    'A token that is read from a file must be there alone, without quotation marks.',
  ],
  http_403: [
    'The token is known but may not write here: see which permission the page of this destination asks for.',
    'A token of another region or tenant gets this answer, too; so do a firewall and a list of allowed addresses.',
  ],
  http_404: ['`url` is the whole address, with its path: see the page of this destination under docs/destinations/.'],
  http_405: ['`url` is the whole address, with its path.', 'A receiver that wants PUT needs `method: PUT`.'],
  too_old: [
    '`max_age` of this destination, or of its preset, is how old an event may be. Set it yourself where your receiver takes older ones, or `old_events: send`.',
  ],
  too_large: ['`max_event_bytes` of this destination, or of its preset, is how large an event may be.'],
}

export function hints({ code }: Reason): readonly string[] {
  return BY_CODE[code] ?? []
}
