// Events of every sort that the mappings tell apart, and some that try to break them.
const rest = '"occurred_at":"2026-05-17T08:00:03.412Z","source":{"name":"app","type":"outbox"}'

function sample(id: string, type: string, members: string): string {
  return `{"event_id":"${id}","event_type":"${type}",${members}${members === '' ? '' : ','}${rest}}`
}

const actor = '"actor":{"kind":"user","id":"u-1001","label":"zoe@acme.example"}'
const context =
  '"context":{"ip":"203.0.113.24","user_agent":"Mozilla/5.0 (X11; \\"odd\\")","request_id":"req-5f1c2a01","country":"SE"}'
const person = '"target":{"kind":"user","id":"u-2","label":"Müşteri"}'
const report = '"target":{"kind":"report","id":"rep-2209","label":"Q2 – 𝒳"}'
const tenant = '"tenant":{"id":"t-4711","slug":"acme"}'

/** By name, canonical events as sources leave them. */
export const SAMPLES: Readonly<Record<string, string>> = {
  'signed-in': sample(
    'a1',
    'user.signed_in',
    `${tenant},${actor},"target":{"kind":"session","id":"s-1"},"outcome":"success","data":{"amr":["pwd","otp"],"big":9007199254740993,"price":1.0,"z":1,"a":{"deep":[1e400,-0.0,"\\u00e9"]}},${context}`,
  ),
  'login-failed': sample(
    'a2',
    'auth.login_failed',
    `${actor},"target":{"kind":"account","id":"u-1001"},"outcome":"failure",${context}`,
  ),
  'login-failed-by-nobody': sample('a3', 'auth.login_failed', '"outcome":"failure","data":{"username":"root"}'),
  'signed-out': sample('a4', 'user.signed_out', `${actor},"outcome":"success"`),
  'user-created': sample('a5', 'user.created', `${actor},${person},"outcome":"success","data":{"role":"viewer"}`),
  'password-changed': sample('a6', 'user.password_changed', `${actor},"outcome":"success"`),
  'account-locked': sample(
    'a7',
    'security.account_locked',
    `"actor":{"kind":"system","id":"guard"},${person},"outcome":"success"`,
  ),
  'mfa-disabled': sample('a8', 'user.mfa_disabled', `${actor},${person}`),
  'group-member-added': sample(
    'a9',
    'group.member_added',
    `${actor},"target":{"kind":"group","id":"g-1","label":"admins"},"data":{"member":"u-9"}`,
  ),
  'key-created': sample(
    'b1',
    'security.api_key_created',
    `"actor":{"kind":"service","id":77},"target":{"kind":"api_key","id":"key-1"},"outcome":"success"`,
  ),
  'document-exported': sample(
    'b2',
    'document.exported',
    `${tenant},${actor},${report},"outcome":"success","data":{"rows":18422},${context}`,
  ),
  'api-called': sample('b3', 'api.called', `${actor},${context},"outcome":"unknown"`),
  unlike: sample(
    'b4',
    'Etwas Anderes!',
    '"data":null,"outcome":"maybe","custom":{"x":[true,null]},"actor":{"label":"only a name"}',
  ),
  minimal: sample('b5', 'x', ''),
  odd: sample(
    'b6\\u0007',
    'user.\\u0073igned_in',
    '"\\u0061ctor":{"i\\u0064":"u-esc"},"actor.id":"spoofed","target":"just text","tenant":{"id":{"nested":1},"slug":""},"context":{"ip":"999.1.1.1","ip":"10.0.0.1%25","user_agent":7,"request_id":true},"outcome":"success","outcome":"failure"',
  ),
  'odd-time':
    '{"event_id":"b7","event_type":"x.y","occurred_at":"2026-06-30 23:59:60.5+19:30","source":{"name":"app","type":"outbox"}}',
}
