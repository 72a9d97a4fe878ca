// The receivers that need no more than an address and credentials. A preset is what an operator could have written; nothing knows it
// but this table.
import type { HttpFile } from '../schema.ts'
import { cortexXsiam } from './cortex-xsiam.ts'
import { dynatrace } from './dynatrace.ts'
import { googleSecops } from './google-secops.ts'
import { logscale } from './logscale.ts'
import { loki } from './loki.ts'
import type { PresetName } from './names.ts'
import { newRelic } from './new-relic.ts'
import { sumoLogic } from './sumo-logic.ts'

export const PRESETS: Readonly<Record<PresetName, HttpFile>> = {
  cortex_xsiam: cortexXsiam,
  dynatrace,
  google_secops: googleSecops,
  logscale,
  loki,
  new_relic: newRelic,
  sumo_logic: sumoLogic,
}
