/** Months, days and milliseconds of an Avro `duration`: three independent unsigned 32-bit counts. */
export interface AvroDuration {
  readonly months: number
  readonly days: number
  readonly milliseconds: number
}

/** The JavaScript type of each logical type, by the Avro type it annotates. */
export interface LogicalValues {
  int: {
    date: string
    'time-millis': number
  }
  long: {
    'timestamp-millis': Date
    'timestamp-micros': bigint
    'local-timestamp-millis': number
    'local-timestamp-micros': bigint
    'time-micros': number
  }
  string: { uuid: string }
  bytes: { decimal: string }
  fixed: { decimal: string; duration: AvroDuration }
}
