const names = {
  type: 'record',
  namespace: 'netflow.avro',
  name: 'netflow',
} as const

/** The run book's 17 fields, written out so that these tests depend on no other package. */
export const netflowDefinition = {
  ...names,
  fields: [
    { name: 'event_type', type: 'string' },
    { name: 'peer_ip_src', type: 'string' },
    { name: 'ip_src', type: 'string' },
    { name: 'ip_dst', type: 'string' },
    { name: 'port_src', type: 'long' },
    { name: 'port_dst', type: 'long' },
    { name: 'tcp_flags', type: 'long' },
    { name: 'ip_proto', type: 'string' },
    { name: 'timestamp_start', type: 'string' },
    { name: 'timestamp_end', type: 'string' },
    { name: 'timestamp_arrival', type: 'string' },
    { name: 'export_proto_seqno', type: 'long' },
    { name: 'export_proto_version', type: 'long' },
    { name: 'packets', type: 'long' },
    { name: 'flows', type: 'long' },
    { name: 'bytes', type: 'long' },
    { name: 'writer_id', type: 'string' },
  ],
} as const

export const netflowRecord = {
  event_type: 'purge',
  peer_ip_src: '192.0.2.1',
  ip_src: '198.51.100.7',
  ip_dst: '203.0.113.9',
  port_src: 443,
  port_dst: 51_234,
  tcp_flags: 27,
  ip_proto: 'tcp',
  timestamp_start: '2024-01-01 00:00:00.000000',
  timestamp_end: '2024-01-01 00:00:01.000000',
  timestamp_arrival: '2024-01-01 00:00:02.000000',
  export_proto_seqno: 1_234_567,
  export_proto_version: 10,
  packets: 12,
  flows: 1,
  bytes: 9_007_199_254,
  writer_id: 'default_kafka',
}
