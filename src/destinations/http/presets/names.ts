// The presets by name. Apart from their content, because the schema names them and their content is written in it.

export const PRESET_NAMES = [
  'cortex_xsiam',
  'dynatrace',
  'google_secops',
  'logscale',
  'loki',
  'new_relic',
  'sumo_logic',
] as const
export type PresetName = (typeof PRESET_NAMES)[number]
