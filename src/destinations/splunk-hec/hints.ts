// What a colleague who knows Splunk would say to check, for each way in which a test event was not taken.
import type { Reason } from '../../model/verdict.ts'

const TOKEN = [
  'In Splunk, under Settings, Data inputs, HTTP Event Collector: is the token there, is it enabled, and is it the one given here?',
  'On Splunk Enterprise "Global Settings" there must say Enabled for all tokens, too. Behind a load balancer every collector needs the same token.',
]
const WRITTEN = [
  'Something between us and Splunk takes the authorization header away or changes it: a proxy, a gateway.',
]
const INDEX = [
  'Does the index exist, spelled so? Its name has lower-case letters only.',
  'Is it among the "allowed indexes" of the token? A token without any may write to all; without `index` the default index of the token is taken.',
]
const ACK = [
  '`ack: true` needs "Enable indexer acknowledgement" in the settings of the token. Splunk Cloud has that for a few senders only: leave `ack` off there.',
]
const BUSY = [
  'It is there and knows the token, but its queues are full or it is about to stop. The relay waits and loses nothing; the monitoring console of Splunk shows which queue is full.',
]
const SLOW = [
  'The event was taken; only its acknowledgement is missing. It may well be found: search for its id before you send another.',
  'Acknowledgements take as long as indexing, often ten seconds and more: give the destination a longer `timeout` for the test. Behind a load balancer they need sticky sessions.',
]
const ELSEWHERE = [
  'That was no HTTP Event Collector. Its port is 8088 on Splunk Enterprise (8000 is the user interface, 8089 the management port), and 443 on Splunk Cloud, where the host begins with http-inputs-.',
  '`url` is the address without a path: the relay adds /services/collector/event.',
]

const BY_CODE: Readonly<Record<string, readonly string[]>> = {
  hec_1: TOKEN,
  hec_2: WRITTEN,
  hec_3: WRITTEN,
  hec_4: TOKEN,
  hec_5: ['The body was lost on the way. Try `gzip: false`, and look at what stands between.'],
  hec_7: INDEX,
  hec_9: BUSY,
  hec_10: ['This token is set to indexer acknowledgement: write `ack: true`, or take a token without it.'],
  hec_11: WRITTEN,
  hec_14: ACK,
  hec_16: TOKEN,
  hec_17: ELSEWHERE,
  hec_18: BUSY,
  hec_19: BUSY,
  hec_20: BUSY,
  hec_21: TOKEN,
  hec_22: TOKEN,
  hec_23: BUSY,
  hec_26: BUSY,
  hec_27: BUSY,
  ack_missing: ACK,
  ack_timeout: SLOW,
  ack_unknown: SLOW,
  not_hec: ELSEWHERE,
  http_303: ELSEWHERE,
  http_404: ELSEWHERE,
  http_405: ELSEWHERE,
}

export function hints({ code }: Reason): readonly string[] {
  return BY_CODE[code] ?? []
}
